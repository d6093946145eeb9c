"""Names of choices in the API's schema, where the field's own name would not tell them apart."""

ENUM_NAMES = {
    "OrderState": "orders.process.OrderState",
    "ShipmentState": "orders.models.ShipmentState",
    "StageState": "orders.serializers.orders.STAGE_STATES",
    "Cause": "orders.cancellation_terms.Cause",
    "Side": "orders.serializers.orders.SIDES",
    "Who": "orders.serializers.orders.WHO",
    "Severity": "catalog.models.Severity",
    "FindingSeverity": "orders.serializers.steps.FINDING_SEVERITIES",
    "EscrowState": "payments.models.EscrowState",
    "InstalmentState": "payments.serializers.INSTALMENT_STATES",
    "PaymentState": "payments.models.PaymentState",
    "SendState": "payments.models.SendState",
    "TransferKind": "payments.models.TransferKind",
    "Method": "payments.models.Method",
    "DueOn": "payments.models.DueOn",
    "DocumentState": "evidence.models.DocumentState",
    "DocumentKind": "evidence.models.Kind",
}
