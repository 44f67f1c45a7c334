package io.carillon.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks from a server, has them done, and hands the results in.
 *
 * <pre>{@code
 * try (Worker worker = Worker.builder()
 *         .server("http://localhost:8080").key(key)
 *         .handler("demo", task -> Map.of("answer", 42))
 *         .start()) {
 *     worker.awaitEnd();
 * }
 * }</pre>
 *
 * <p>It asks for as many tasks as it has room for, and waits at the server until there are some. Its heartbeat renews the leases
 * of all that it has and hears what was cancelled. Each result carries the number of the attempt, so that a worker that was too
 * slow cannot overwrite another's. When it stops, it finishes what it has; what is not finished in time goes back unharmed. When
 * it is killed, its tasks go to another worker once their leases are over.
 *
 * <p>Two loops do it: one thread takes ({@code pull}), another hands in ({@link Completes}) and takes with the same call. What
 * they ask for together is reserved first, so that they never get more than there is room for. Safe for many threads.
 */
public final class Worker implements AutoCloseable {
    /** What a worker is doing. */
    public enum State {
        /** Not started. */
        NEW,
        /** Takes tasks. */
        RUNNING,
        /** Takes none, and finishes those that it has. */
        DRAINING,
        /** Over. */
        ENDED;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Why a worker ended. */
    public enum Reason {
        /** {@link Worker#stop()} or {@link Worker#close()}. */
        STOPPED,
        /** Somebody asked the server or {@link Worker#drain()} that it finish. */
        DRAINED,
        /** It has done as many tasks as it should. */
        MAX_RUNS,
        /** Too many calls, or too many attempts, failed in a row. */
        TOO_MANY_ERRORS
    }

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final int MOST_LEASES = 1000;
    private static final int RELEASES = 16;
    private static final int MOST_REFUSALS_WHILE_DRAINING = 5;
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final Duration BRIEFLY = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final WorkerBuilder settings;
    private final Connection connection;
    private final Calls calls = new Calls();
    private final EventBus bus;
    private final TakeOrder order;
    private final TaskExecutor executor;
    private final HandlerPool pool;
    private final Completes completes;
    private final Counters counters = new Counters();

    private final Map<String, Held> held = new ConcurrentHashMap<>();
    private final AtomicInteger reserved = new AtomicInteger();
    private final AtomicInteger parked = new AtomicInteger();
    private final Queue<TaskWrapper> due = new ConcurrentLinkedQueue<>();
    private final Object room = new Object();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);

    private volatile State state = State.NEW;
    private volatile Reason reason;
    private final Set<String> pausedQueues = ConcurrentHashMap.newKeySet();
    private final Set<String> names;

    private volatile boolean paused;
    private volatile long deadline = Long.MAX_VALUE;
    private ScheduledExecutorService clock;
    private Thread completer;
    private Thread puller;
    private boolean waitsAtTheServer;
    private List<String> waitsFor = List.of();

    private record Held(TaskWrapper task, long since) {}

    Worker(WorkerBuilder settings) {
        this.settings = settings;
        this.connection = new Connection(settings.server, settings.key, settings.requestTimeout);
        this.bus = settings.eventBus ? new EventBus(connection) : null;
        this.order = new TakeOrder(settings.queues, settings.strategy);
        this.names = settings.queues.stream().map(QueueShare::queue).collect(Collectors.toUnmodifiableSet());
        this.pool = settings.executor == null
                ? new HandlerPool(settings.handlers, settings.concurrency, this::roomAgain)
                : null;
        this.executor = pool == null ? settings.executor : pool;
        this.completes = new Completes(connection, calls, new HandingIn());
    }

    /** Begins to say where the server is, from which queues to take, and who does the work. */
    public static WorkerBuilder builder() {
        return new WorkerBuilder();
    }

    // --- its life

    /**
     * Begins to take tasks, on a thread of its own.
     *
     * @throws IllegalStateException when it was started before
     */
    public synchronized Worker start() {
        if (puller != null || state == State.DRAINING || state == State.ENDED) {
            throw new IllegalStateException("Worker " + id() + " was started before");
        }
        open();
        puller = thread(this::pull, "carillon-take");
        puller.start();
        return this;
    }

    /** Lets heartbeats and results go, for {@link #start} and for those who pull by themselves. */
    private synchronized void open() {
        if (state != State.NEW) {
            return;
        }
        state = State.RUNNING;
        counters.started = Instant.now();
        // one for the heartbeat, which may wait for its answer, and one for what is kept for later
        clock = Executors.newScheduledThreadPool(2, work -> thread(work, "carillon-heartbeat"));
        clock.scheduleWithFixedDelay(
                this::heartbeatSafely, 0, settings.heartbeatPeriod().toMillis(), TimeUnit.MILLISECONDS);
        completer = thread(completes::run, "carillon-results");
        completer.start();
        LOG.info("Worker {} takes from {} with room for {}", id(), settings.queues, settings.concurrency);
    }

    private static Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Takes nothing until {@link #resume}, as when what does the work is down. What it has goes on. */
    public void pause() {
        paused = true;
        synchronized (room) {
            if (waitsAtTheServer) {
                puller.interrupt();
            }
        }
    }

    /** Takes again. */
    public void resume() {
        paused = false;
        roomAgain();
    }

    /**
     * Takes nothing from this queue until {@link #resume(String)}, as when what does its work is down; from the others it takes on.
     * A take that is at the server already may still bring a task of it.
     *
     * @param queue its name without a level
     */
    public void pause(String queue) {
        pausedQueues.add(queue);
    }

    /** Takes from this queue again. */
    public void resume(String queue) {
        if (!pausedQueues.remove(queue)) {
            return;
        }
        synchronized (room) {
            // A take that waits for other queues alone would let this one wait too.
            if (waitsAtTheServer && waitsFor.stream().noneMatch(full -> isOf(full, queue))) {
                puller.interrupt();
            }
            room.notifyAll();
        }
    }

    private static boolean isOf(String full, String queue) {
        return full.lastIndexOf(':') == queue.length() && full.startsWith(queue);
    }

    /**
     * Takes no more tasks, and ends when those that it has are done, however long that takes, unless the server refuses five times
     * in a row what it says: then within the time that a stop has. Returns at once.
     */
    public void drain() {
        wind(Reason.DRAINED);
    }

    private void wind(Reason why) {
        synchronized (this) {
            if (state == State.NEW) {
                state = State.ENDED;
                reason = why;
                ended.countDown();
                return;
            }
            if (state != State.RUNNING) {
                return;
            }
            state = State.DRAINING;
            reason = why;
            if (puller == null) {
                puller = thread(this::finish, "carillon-take");
                puller.start();
            }
        }
        LOG.info("Worker {} takes no more tasks ({}); it has {}", id(), why, held.size());
        synchronized (room) {
            if (waitsAtTheServer) {
                puller.interrupt();
            }
            room.notifyAll();
        }
    }

    /**
     * Takes no more tasks, finishes those that it has within the shutdown timeout, hands the others back, and ends. Returns when
     * it has ended. Its second call, from another thread, makes it hand back at once.
     */
    public void stop() {
        deadline = System.nanoTime() + (stopped.getAndSet(true) ? 0 : settings.shutdownTimeout.toNanos());
        wind(Reason.STOPPED);
        roomAgain();
        try {
            ended.await();
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }

    /** The same as {@link #stop}. */
    @Override
    public void close() {
        stop();
    }

    /** Waits until it has ended, and says why it did. */
    public Reason awaitEnd() throws InterruptedException {
        ended.await();
        return reason;
    }

    /** Waits so long at most; empty when it has not ended by then. */
    public Optional<Reason> awaitEnd(Duration atMost) throws InterruptedException {
        return ended.await(atMost.toMillis(), TimeUnit.MILLISECONDS) ? Optional.of(reason) : Optional.empty();
    }

    // --- what one can ask it

    /** The name under which the server knows it. */
    public String id() {
        return settings.workerId;
    }

    /** What it is doing. */
    public State state() {
        return state;
    }

    /** Whether it takes nothing until {@link #resume}: as a whole, or because each of its queues is paused. */
    public boolean isPaused() {
        return paused || pausedQueues.containsAll(names);
    }

    /** What it has done so far. */
    public Statistics statistics() {
        return counters.read(held.size());
    }

    /** How many tasks it can have at once; what a {@link TaskExecutor} of one's own has room for is its own affair. */
    public int capacity() {
        return settings.concurrency;
    }

    /** How many more tasks it has room for now. */
    public int remainingCapacity() {
        return Math.max(0, free());
    }

    /** Whether calls of the server fail again and again. */
    public boolean isServerAway() {
        return calls.serverIsAway();
    }

    /** How long ago the server last answered anything, a heartbeat too. */
    public Duration sinceAnswer() {
        return calls.sinceAnswer();
    }

    /** Whether this process had not what it takes to begin the last task, such as threads. */
    boolean couldNotBegin() {
        return counters.notBegunInARow.get() > 0;
    }

    // --- taking

    /**
     * Takes what is there now, at most as much as there is room for, and begins it. For those who schedule by themselves: the
     * first call starts heartbeats; {@link #close} ends them.
     *
     * @return how many tasks it took; 0 also when it takes no more, because it drains or has ended
     * @throws CallRefused when the server refuses
     */
    public int pullAndProcess() throws IOException, InterruptedException {
        return pullAndProcess(settings.strategy.most());
    }

    /** The same, at most {@code size} tasks. */
    public int pullAndProcess(int size) throws IOException, InterruptedException {
        open();
        if (!takes()) {
            return 0;
        }
        beginWhatIsDue();
        int wanted = reserve(size);
        return wanted == 0 ? 0 : takeAndRun(take(wanted, Duration.ZERO), wanted);
    }

    /**
     * Takes as that says, under this worker's name, and begins what comes, whether there is room or not.
     *
     * @return how many tasks it took; 0 also when it takes no more, because it drains or has ended
     * @throws CallRefused when the server refuses
     */
    public int takeAndRun(Take take) throws IOException, InterruptedException {
        open();
        return takes() ? takeAndRun(take.as(id()), 0) : 0;
    }

    private int takeAndRun(Take take, int wanted) throws IOException, InterruptedException {
        Connection.Delivered delivered = new Connection.Delivered(List.of(), List.of());
        try {
            delivered = calls.tried(1, this::takes, () -> connection.deliver(take));
            counters.callErrorsInARow.set(0);
        } catch (IOException failed) {
            if (!takes()) {
                return 0;
            }
            note(failed);
            throw failed;
        } finally {
            begin(delivered, wanted);
        }
        return delivered.tasks().size();
    }

    private void pull() {
        try {
            while (takes()) {
                pullSafely();
            }
        } catch (InterruptedException stopped) {
            LOG.debug("Worker {} was interrupted while it waited", id());
        } finally {
            finish();
        }
    }

    private void pullSafely() throws InterruptedException {
        try {
            beginWhatIsDue();
            int wanted = reserve(settings.strategy.most());
            if (wanted == 0) {
                awaitRoom(LOOK);
            } else {
                pull(wanted);
            }
            if (couldNotBegin()) {
                awaitRoom(Backoff.after(counters.notBegunInARow.get()));
            }
        } catch (RuntimeException | Error failure) {
            // What is thrown here, such as for want of memory, would end the worker, and nobody would notice.
            note(failure);
            atRest();
            awaitRoom(Backoff.after(counters.callErrorsInARow.get()));
        }
    }

    private void pull(int wanted) throws InterruptedException {
        Connection.Delivered delivered = new Connection.Delivered(List.of(), List.of());
        boolean atTheServer = false;
        try {
            Take take;
            synchronized (room) {
                take = take(wanted, patience());
                waitsFor = take.queues();
                waitsAtTheServer = takes() && !isPaused();
                atTheServer = waitsAtTheServer;
            }
            if (atTheServer) {
                delivered = calls.tried(Calls.TRIES, this::takes, () -> connection.deliver(take));
                counters.callErrorsInARow.set(0);
            }
        } catch (InterruptedException stopped) {
            LOG.debug("Worker {} stops waiting at the server", id());
        } catch (IOException failed) {
            if (takes()) {
                note(failed);
                atRest();
                awaitRoom(Backoff.after(counters.callErrorsInARow.get()));
            }
        } finally {
            if (atTheServer) {
                atRest();
            }
            begin(delivered, wanted);
        }
    }

    /** After this nobody interrupts the thread. */
    private void atRest() {
        synchronized (room) {
            waitsAtTheServer = false;
        }
        Thread.interrupted();
    }

    private void note(Throwable failed) {
        counters.callErrors.increment();
        counters.lastError = failed.getMessage() == null ? failed.toString() : failed.getMessage();
        int inARow = counters.callErrorsInARow.incrementAndGet();
        LOG.warn("Worker {} could not take tasks ({} in a row): {}", id(), inARow, failed.toString());
        stopAfter(inARow);
    }

    private void resultsRefused(CallRefused refused) {
        stopAfter(refused(refused, counters.handInErrorsInARow));
    }

    /** Many threads may hand back at once, so these do not end the worker. */
    private void handBackRefused(CallRefused refused) {
        refused(refused, counters.handBackErrorsInARow);
    }

    private int refused(CallRefused refused, AtomicInteger errors) {
        counters.callErrors.increment();
        counters.lastError = refused.getMessage();
        int inARow = errors.incrementAndGet();
        LOG.warn("Worker {} could not hand in ({} in a row), and tries again: {}", id(), inARow, refused.getMessage());
        if (state == State.DRAINING && deadline == Long.MAX_VALUE && inARow >= MOST_REFUSALS_WHILE_DRAINING) {
            LOG.error("Worker {} drains no longer than {} more, for nobody hears it", id(), settings.shutdownTimeout);
            deadline = System.nanoTime() + settings.shutdownTimeout.toNanos();
        }
        return inARow;
    }

    private void stopAfter(int inARow) {
        if (settings.maxConsecutiveErrors > 0 && inARow >= settings.maxConsecutiveErrors && takes()) {
            LOG.error("Worker {} stops after {} errors in a row", id(), inARow);
            deadline = System.nanoTime() + settings.shutdownTimeout.toNanos();
            wind(Reason.TOO_MANY_ERRORS);
        }
    }

    private Duration patience() {
        return pool == null && parked.get() > 0 && settings.longPoll.compareTo(BRIEFLY) > 0
                ? BRIEFLY
                : settings.longPoll;
    }

    private Take take(int size, Duration patience) {
        return new Take(order.next(size, pausedQueues), size, settings.strategy.text(), patience, settings.lease, id());
    }

    private boolean takes() {
        return state == State.RUNNING;
    }

    private int free() {
        int free = Math.min(settings.concurrency, executor.remainingCapacity()) - reserved.get() - parked.get();
        if (settings.maxRuns > 0) {
            long begun = counters.completed.sum() + counters.failed.sum() + counters.refused.sum() + held.size();
            free = (int) Math.min(free, settings.maxRuns - begun - reserved.get());
        }
        return isPaused() || completes.isFull() ? 0 : free;
    }

    private int reserve(int most) {
        synchronized (reserved) {
            int size = Math.max(0, Math.min(most, free()));
            reserved.addAndGet(size);
            return size;
        }
    }

    private void awaitRoom(Duration atMost) throws InterruptedException {
        synchronized (room) {
            if (takes()) {
                room.wait(Math.max(1, atMost.toMillis()));
            }
        }
    }

    private void roomAgain() {
        synchronized (room) {
            room.notifyAll();
        }
    }

    /** Begins what came, and gives back what was reserved for it. */
    private void begin(Connection.Delivered delivered, int wanted) {
        int left = wanted;
        try {
            delivered.cancelled().forEach(this::cancelled);
            for (Task task : delivered.tasks()) {
                TaskWrapper wrapper = new TaskWrapper(task, this);
                Held before = held.put(task.id(), new Held(wrapper, System.nanoTime()));
                if (before != null) {
                    before.task().takeAway();
                }
                counters.taken.increment();
                submit(wrapper);
                if (left > 0) {
                    left--;
                    reserved.decrementAndGet();
                }
            }
        } finally {
            reserved.addAndGet(-left);
            if (left > 0) {
                roomAgain();
            }
        }
    }

    private void submit(TaskWrapper task) {
        try {
            executor.submit(task);
            counters.notBegunInARow.set(0);
        } catch (RuntimeException failure) {
            if (task.isOpen()) {
                LOG.warn("Task {} could not be begun", task.id(), failure);
                task.markComplete(Result.error(500, String.valueOf(failure.getMessage())));
            }
        } catch (Error failure) {
            notBegun(task, failure);
        }
    }

    /** It is this process that lacks something, such as memory or threads, and not the task. */
    private void notBegun(TaskWrapper task, Error failure) {
        counters.notBegunInARow.incrementAndGet();
        counters.lastError = failure.toString();
        try {
            LOG.error("Task {} could not be begun and goes back", task.id(), failure);
            if (task.isOpen()) {
                task.release("The worker could not begin it: " + failure);
            }
        } catch (RuntimeException | Error again) {
            LOG.error("Task {} could not be handed back; it waits again when its lease is over", task.id(), again);
        }
    }

    // --- what becomes of tasks

    void ended(TaskWrapper task, Result result) {
        if (bus != null && EventBus.serves(task.getTask())) {
            boolean sent = false;
            try {
                bus.complete(task.getTask(), result);
                sent = true;
            } catch (IOException | RuntimeException broken) {
                LOG.info("The result of task {} goes over HTTP: {}", task.id(), broken.getMessage());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            if (sent) {
                answered(task, new TakenTasks.Verdict(true, 0, null));
                return;
            }
        }
        completes.add(new Completes.Ended(task, result));
    }

    private void answered(TaskWrapper task, TakenTasks.Verdict verdict) {
        if (verdict.accepted()) {
            counters.completed.increment();
            counters.failuresInARow.set(0);
        } else {
            counters.refused.increment();
            LOG.info(
                    "The result of attempt {} of task {} was not accepted{}",
                    task.attempt(),
                    task.id(),
                    verdict.message() == null ? ": it came too late" : ": " + verdict.message());
        }
        over(task);
    }

    void failed(TaskWrapper task, String why, Duration delay) {
        counters.lastError = "Task " + task.id() + ": " + why;
        background(task, () -> connection.retry(task.getTask(), delay, why), () -> {
            counters.failed.increment();
            stopAfter(counters.failuresInARow.incrementAndGet());
        });
    }

    void release(TaskWrapper task, String why) {
        background(task, () -> connection.release(task.getTask(), why), counters.released::increment);
    }

    /** Says it to the server, on this thread: who failed may well wait, and no new task comes until it is said. */
    private void background(TaskWrapper task, Calls.Call<Boolean> call, Runnable counted) {
        boolean interrupted = Thread.interrupted();
        try {
            // 404 is a task that the server knows no more; 403 a queue that the key may not use, whose leases spoil
            // heartbeats
            boolean accepted = calls.insisted(
                    () -> holds(task) && patient(), CallRefused::isMendable, this::handBackRefused, call);
            counters.handBackErrorsInARow.set(0);
            (accepted ? counted : (Runnable) counters.refused::increment).run();
        } catch (CallRefused refused) {
            counters.refused.increment();
            LOG.info("Task {} could not be handed back: {}", task.id(), refused.getMessage());
        } catch (IOException givenUp) {
            LOG.warn(
                    "Task {} was not handed back; it waits again when its lease is over: {}",
                    task.id(),
                    givenUp.getMessage());
        } catch (InterruptedException stopped) {
            interrupted = true;
        } finally {
            over(task);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    void park(TaskWrapper task, Duration delay) {
        counters.retriedLater.increment();
        parked.incrementAndGet();
        clock.schedule(() -> later(task), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void later(TaskWrapper task) {
        if (pool != null) {
            beginAgain(task);
        } else {
            // An executor of one's own is called by the thread that takes, and may hold it up.
            due.add(task);
            roomAgain();
        }
    }

    private void beginAgain(TaskWrapper task) {
        parked.decrementAndGet();
        if (task.begin(null)) {
            submit(task);
        } else {
            roomAgain();
        }
    }

    private void beginWhatIsDue() {
        for (TaskWrapper task = due.poll(); task != null; task = due.poll()) {
            beginAgain(task);
        }
    }

    void progress(TaskWrapper task, Progress progress) {
        Task taken = task.getTask();
        try {
            if (task.isCancelled()) {
                return;
            }
            if (bus != null && EventBus.serves(taken) && goesByBus(taken, progress)) {
                return;
            }
            calls.tried(Calls.TRIES, () -> !task.isCancelled(), () -> {
                connection.progress(taken.id(), taken.attempt(), progress);
                return null;
            });
        } catch (CallRefused refused) {
            if (refused.status() != CONFLICT && refused.status() != NOT_FOUND) {
                throw new UncheckedIOException(refused);
            }
            takenAway(held.get(taken.id()), task);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean goesByBus(Task task, Progress progress) throws InterruptedException {
        try {
            bus.progress(task, progress);
            return true;
        } catch (IOException | RuntimeException broken) {
            LOG.info("An event of task {} goes over HTTP: {}", task.id(), broken.getMessage());
            return false;
        }
    }

    private boolean holds(TaskWrapper task) {
        Held mine = held.get(task.id());
        return mine != null && mine.task() == task;
    }

    private void over(TaskWrapper task) {
        held.computeIfPresent(task.id(), (id, mine) -> {
            if (mine.task() != task) {
                return mine;
            }
            counters.busyNanos.add(System.nanoTime() - mine.since());
            return null;
        });
        if (settings.maxRuns > 0
                && counters.completed.sum() + counters.failed.sum() + counters.refused.sum() >= settings.maxRuns) {
            wind(Reason.MAX_RUNS);
        }
        roomAgain();
    }

    private void cancelled(String id) {
        Held mine = held.get(id);
        if (mine != null) {
            takenAway(mine, mine.task());
        }
    }

    private void takenAway(Held mine, TaskWrapper task) {
        if (mine == null || mine.task() != task) {
            return;
        }
        // One that has ended here is on its way to the server, which says itself what counts.
        if (task.takeAway()) {
            LOG.info("Task {} is not this worker's any more; it stops working on it", task.id());
            counters.cancelled.increment();
            over(task);
        }
    }

    /** Whether it is still worth trying to say something to the server: not long after the time for that is over. */
    private boolean patient() {
        long until = deadline;
        return until == Long.MAX_VALUE || System.nanoTime() - until < LAST_WORDS.toNanos();
    }

    private final class HandingIn implements Completes.Worker {
        @Override
        public int reserve() {
            // An executor of one's own is called by one thread only.
            return pool != null && takes() && settings.strategy != Strategy.SEQUENTIAL && !couldNotBegin()
                    ? Worker.this.reserve(settings.strategy.most())
                    : 0;
        }

        @Override
        public Take take(int size) {
            return Worker.this.take(size, Duration.ZERO);
        }

        @Override
        public void delivered(Connection.Delivered delivered, int wanted) {
            begin(delivered, wanted);
        }

        @Override
        public void answered(TaskWrapper task, TakenTasks.Verdict verdict) {
            Worker.this.answered(task, verdict);
        }

        @Override
        public void failed(CallRefused refused) {
            resultsRefused(refused);
        }

        @Override
        public void succeeded() {
            counters.handInErrorsInARow.set(0);
        }

        @Override
        public boolean holds(TaskWrapper task) {
            return Worker.this.holds(task);
        }

        @Override
        public boolean patient() {
            return Worker.this.patient();
        }
    }

    // --- heartbeat

    private void heartbeatSafely() {
        try {
            heartbeat();
        } catch (IOException unreachable) {
            LOG.debug("Worker {}: the heartbeat failed: {}", id(), unreachable.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error failure) {
            // What is thrown here would end the heartbeat for good.
            LOG.warn("Worker {}: the heartbeat failed", id(), failure);
        }
    }

    /** One heartbeat: says that the worker lives, renews all leases, hears what was cancelled or lost. */
    void heartbeat() throws IOException, InterruptedException {
        List<TaskWrapper> all = new ArrayList<>();
        held.values().forEach(mine -> all.add(mine.task()));
        Report report =
                Report.of(settings.kind, settings.version, settings.queues, settings.concurrency, state, statistics());
        int from = 0;
        do {
            List<TaskWrapper> some = all.subList(from, Math.min(all.size(), from + MOST_LEASES));
            Connection.Renewed renewed = connection.heartbeat(
                    id(),
                    some.stream().map(TaskWrapper::getTask).toList(),
                    from == 0 ? report : null,
                    settings.heartbeatPatience());
            calls.answered();
            for (TaskWrapper task : some) {
                if (renewed.lost().contains(task.id()) || renewed.cancel().contains(task.id())) {
                    takenAway(held.get(task.id()), task);
                }
            }
            if (renewed.drain() && takes()) {
                wind(Reason.DRAINED);
            }
            from += MOST_LEASES;
        } while (from < all.size());
    }

    // --- the end

    private void finish() {
        try {
            // what is reserved may be on its way in the answer to a call
            while ((!held.isEmpty() || reserved.get() > 0) && System.nanoTime() - deadline < 0) {
                handBackWhatIsParked();
                synchronized (room) {
                    room.wait(LOOK.toMillis());
                }
            }
            handBackAll();
            completes.stop();
            completer.join(LAST_WORDS.toMillis());
            completer.interrupt();
            handBackAll();
            if (!held.isEmpty()) {
                LOG.warn(
                        "Worker {} ends with {} tasks unanswered; they wait again when their leases are over",
                        id(),
                        held.size());
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private void handBackAll() {
        List<TaskWrapper> unfinished = new ArrayList<>();
        for (Held mine : held.values()) {
            if (mine.task().takeAway()) {
                unfinished.add(mine.task());
            }
        }
        handBack(unfinished);
    }

    /** Many at once: one after the other, several hundred would take longer than who stops the worker waits. */
    private void handBack(List<TaskWrapper> unfinished) {
        if (unfinished.isEmpty()) {
            return;
        }
        AtomicInteger names = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(RELEASES, unfinished.size()),
                work -> thread(work, "carillon-release-" + names.incrementAndGet()));
        try {
            threads.invokeAll(unfinished.stream()
                    .map(task -> Executors.callable(() -> release(task, "The worker stops")))
                    .toList());
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        } finally {
            threads.shutdownNow();
        }
    }

    /** What nobody works on need not wait for the end. */
    private void handBackWhatIsParked() {
        handBack(held.values().stream()
                .map(Held::task)
                .filter(TaskWrapper::takeAwayIfParked)
                .toList());
    }

    private void end() {
        state = State.ENDED;
        clock.shutdownNow();
        if (pool != null) {
            pool.stop();
        }
        heartbeatSafely();
        if (bus != null) {
            bus.close();
        }
        Statistics done = statistics();
        LOG.info(
                "Worker {} ended ({}): {} taken, {} completed, {} failed, {} handed back",
                id(),
                reason,
                done.taken(),
                done.completed(),
                done.failed(),
                done.released());
        ended.countDown();
    }
}
