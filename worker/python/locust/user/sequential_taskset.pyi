from acrida.user.sequential_taskset import *
