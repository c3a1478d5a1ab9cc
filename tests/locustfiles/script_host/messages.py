"""The master asks all workers, then one; each answers. When all have, the script ends the run by itself."""

import gevent
from locust import User, constant, events, task
from locust.runners import MasterRunner

answers = []


def on_question(environment, msg, **_):
    worker = environment.runner
    worker.send_message("answer", {"to": msg.data, "from": worker.worker_index})


def on_answer(environment, msg, **_):
    answers.append(msg.data["to"])
    number = len(answers)
    print(f"NOTE begin {msg.data['to']} {environment.runner.clients[msg.node_id].index == msg.data['from']}")
    gevent.sleep(1)
    print("NOTE end")
    if number == 2:
        environment.runner.send_message("question", "one", client_id=msg.node_id)
    elif number == 3:
        environment.runner.quit()


@events.init.add_listener
def init(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message("answer", on_answer, concurrent=True)
        environment.events.spawning_complete.add_listener(
            lambda **_: environment.runner.send_message("question", "all")
        )
        environment.events.worker_report.add_listener(
            lambda client_id, data, **_: print(f"NOTE report {data['user_count']} {'stats' in data}")
        )
    else:
        environment.runner.register_message("question", on_question)


class Waiter(User):
    wait_time = constant(1)

    @task
    def nothing(self):
        pass
