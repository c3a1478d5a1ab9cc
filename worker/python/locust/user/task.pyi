from acrida.user.task import *
from acrida.user.taskset import *
