from acrida.user.task import *
