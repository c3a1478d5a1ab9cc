from acrida.contrib.oai import *
