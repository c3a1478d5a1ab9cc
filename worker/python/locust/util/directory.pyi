from acrida.util.directory import *
