import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
application = get_wsgi_application()
# It reads models, which are there only now.
import_module("assurance.live_mode").refuse_unsafe_start()
