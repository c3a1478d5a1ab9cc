from acrida.log import *
