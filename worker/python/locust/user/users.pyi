from acrida.clients.rest import RestMixin as RestMixin
from acrida.user.http import HttpUser as HttpUser
from acrida.user.test_functions import PytestUser as PytestUser
from acrida.user.users import *
