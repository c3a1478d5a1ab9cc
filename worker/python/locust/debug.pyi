from acrida.debug import *
