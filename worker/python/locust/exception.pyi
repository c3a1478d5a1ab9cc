from acrida.exception import *
