from acrida.clients import *
