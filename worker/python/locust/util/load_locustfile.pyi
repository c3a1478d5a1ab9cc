from acrida.util.load_locustfile import *
