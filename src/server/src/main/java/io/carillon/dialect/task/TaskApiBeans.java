package io.carillon.dialect.task;

import io.carillon.callback.CallbackAddress;
import io.carillon.channel.Channels;
import io.carillon.idempotency.IdempotencyKeys;
import io.carillon.instance.Instance;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.ClosedPeers;
import io.carillon.queue.Queues;
import io.carillon.stream.Callers;
import io.carillon.stream.LateCallers;
import io.carillon.task.LongTakes;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;

/** Makes the rules of the Task API injectable. */
@ApplicationScoped
class TaskApiBeans {
    @Produces
    @Singleton
    TaskApiErrors errors(Configuration configuration) {
        return new TaskApiErrors(Clock.systemUTC(), configuration.errorsAlways200());
    }

    @Produces
    @Singleton
    KeyedPuts keyedPuts(IdempotencyKeys keys, Queues queues, Tasks tasks, Callers callers, LateCallers lateCallers) {
        return new KeyedPuts(keys, queues, tasks, callers, lateCallers);
    }

    @Produces
    @Singleton
    Completions completions(Tasks tasks, Queues queues) {
        return new Completions(tasks, queues);
    }

    @Produces
    @Singleton
    EachAnswer eachAnswer(TaskApiErrors errors, Clock clock) {
        return new EachAnswer(errors, clock);
    }

    @Produces
    @Singleton
    TakeAnswers takeAnswers(Instance me, LongTakes takes, ExecutorService executor) {
        return new TakeAnswers(me, takes, executor);
    }

    @Produces
    @Singleton
    Routing routing(
            Queues queues,
            Channels channels,
            CallbackAddress callbackAddress,
            Tasks tasks,
            Instance instance,
            Configuration configuration,
            Clock clock) {
        return new Routing(queues, channels, callbackAddress, tasks, instance, configuration, clock);
    }

    @Produces
    @Singleton
    PutCall put(
            KeyedPuts puts,
            Callers callers,
            ClosedPeers peers,
            Routing routing,
            TaskApiErrors errors,
            Configuration configuration,
            Clock clock,
            ExecutorService executor) {
        return new PutCall(puts, callers, peers, routing, errors, configuration, clock, executor);
    }

    @Produces
    @Singleton
    PutManyCall putMany(
            Tasks tasks, Routing routing, EachAnswer answers, TaskApiErrors errors, Configuration configuration) {
        return new PutManyCall(tasks, routing, answers, errors, configuration);
    }

    @Produces
    @Singleton
    TakeCall take(
            LongTakes takes,
            TakeAnswers answers,
            TaskApiErrors errors,
            Configuration configuration,
            ExecutorService executor) {
        return new TakeCall(takes, answers, errors, configuration, executor);
    }

    @Produces
    @Singleton
    CompleteCall complete(
            Completions completions,
            LongTakes takes,
            TakeAnswers answers,
            TaskApiErrors errors,
            Queues queues,
            Configuration configuration,
            ExecutorService executor) {
        return new CompleteCall(completions, takes, answers, errors, queues, configuration, executor);
    }

    @Produces
    @Singleton
    CompleteManyCall completeMany(
            Completions completions,
            LongTakes takes,
            TakeAnswers takeAnswers,
            EachAnswer answers,
            TaskApiErrors errors,
            Configuration configuration,
            ExecutorService executor) {
        return new CompleteManyCall(completions, takes, takeAnswers, answers, errors, configuration, executor);
    }

    @Produces
    @Singleton
    StatusCall status(Tasks tasks, TaskApiErrors errors, ExecutorService executor) {
        return new StatusCall(tasks, errors, executor);
    }
}
