from acrida.argument_parser import *
