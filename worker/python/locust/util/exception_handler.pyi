from acrida.util.exception_handler import *
