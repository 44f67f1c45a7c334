package io.carillon.platform.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.UndeclaredThrowableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;

/** A data source whose connections can be told to break at the worst moment. Safe for many threads. */
public final class FaultySource {
    private enum Break {
        BEFORE_COMMIT,
        AFTER_COMMIT,
        AFTER_ANSWER
    }

    private static final long FOR_EVER = Long.MAX_VALUE;

    private final DataSource source;
    private final AtomicReference<Break> next = new AtomicReference<>();
    private final AtomicReference<Runnable> afterCommit = new AtomicReference<>();
    private final AtomicReference<Before> before = new AtomicReference<>();
    private volatile boolean wraps;
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicLong left = new AtomicLong(FOR_EVER);

    public FaultySource(DataSource source) {
        this.source = source;
    }

    /** The next connection that commits breaks before the server hears of it. */
    public void loseNextCommit() {
        next.set(Break.BEFORE_COMMIT);
    }

    /** The next connection that commits breaks after the server has done it. */
    public void loseAnswerOfNextCommit() {
        next.set(Break.AFTER_COMMIT);
    }

    /** The next connection that commits breaks when its caller knows that it is done. */
    public void breakAfterNextCommit() {
        next.set(Break.AFTER_ANSWER);
    }

    /** Does something once, when the next COMMIT is through and its caller does not know it yet. */
    public void afterNextCommit(Runnable action) {
        afterCommit.set(action);
    }

    private record Before(String part, AtomicInteger times, Runnable action) {}

    /** Does something so many times before a statement that contains this. */
    public void before(String part, int times, Runnable action) {
        before.set(new Before(part, new AtomicInteger(times), action));
    }

    private void prepared(String sql) {
        Before then = before.get();
        if (then != null && sql.contains(then.part) && then.times.getAndDecrement() > 0) {
            then.action.run();
        }
    }

    /** After so many more COMMITs none gets through any more, as if the instance had died, until {@link #revive}. */
    public void dieAfter(int more) {
        left.set(more);
    }

    /** COMMITs get through again. */
    public void revive() {
        left.set(FOR_EVER);
    }

    /** From now on, what is wrong with a broken connection comes as Payara's pool throws it. */
    public void wrap() {
        wraps = true;
    }

    /** How many COMMITs were through. */
    public int commits() {
        return commits.get();
    }

    public DataSource source() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> method.getName().equals("getConnection")
                        ? connection(source.getConnection())
                        : method.invoke(source, arguments));
    }

    @FunctionalInterface
    private interface Call {
        Object make() throws Throwable;
    }

    private Connection connection(Connection real) {
        boolean[] broken = {false};
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (broken[0] && !method.getName().equals("close")) {
                        throw wraps ? new UndeclaredThrowableException(new InvocationTargetException(lost())) : lost();
                    }
                    if (method.getName().equals("commit")) {
                        return committed(broken, real::rollback, () -> invoke(method, real, arguments));
                    }
                    if (method.getName().equals("prepareStatement")) {
                        prepared((String) arguments[0]);
                    }
                    Object result = invoke(method, real, arguments);
                    return result instanceof PreparedStatement statement && real.getAutoCommit()
                            ? thatCommits(statement, broken)
                            : result;
                });
    }

    /** A statement outside a transaction is one of its own. */
    private PreparedStatement thatCommits(PreparedStatement real, boolean[] broken) {
        return (PreparedStatement) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                (proxy, method, arguments) -> method.getName().equals("executeUpdate")
                        ? committed(broken, () -> {}, () -> invoke(method, real, arguments))
                        : invoke(method, real, arguments));
    }

    @FunctionalInterface
    private interface Undo {
        void undo() throws SQLException;
    }

    private Object committed(boolean[] broken, Undo undo, Call commit) throws Throwable {
        Break how = left.getAndDecrement() <= 0 ? Break.BEFORE_COMMIT : next.getAndSet(null);
        Object result = null;
        if (how == Break.BEFORE_COMMIT) {
            undo.undo();
        } else {
            result = commit.make();
            commits.incrementAndGet();
            Runnable action = afterCommit.getAndSet(null);
            if (action != null) {
                action.run();
            }
        }
        broken[0] |= how != null;
        if (how == Break.BEFORE_COMMIT || how == Break.AFTER_COMMIT) {
            throw lost();
        }
        return result;
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }

    private static SQLException lost() {
        return new SQLNonTransientConnectionException("The connection is gone", "08000");
    }
}
