"""A simulated payment gateway and bank: its own process, its own record, spoken to by HTTP and webhooks only."""
