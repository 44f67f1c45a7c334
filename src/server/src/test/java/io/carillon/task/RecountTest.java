package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.queue.Level;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.redisson.client.codec.StringCodec;

class RecountTest {
    private Engine engine;
    private Recount recount;
    private int queue;

    @BeforeEach
    void start() {
        engine = Engine.start();
        recount = new Recount(engine.contents, engine.backlog);
        queue = engine.aTask().put().queue();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void look() {
        recount.look(List.of(new Takes.ReadyLevel(queue, new Level(1))));
    }

    private void countTooMany(long tooMany) {
        engine.redis.getMap(Keys.queue(queue) + "counts", StringCodec.INSTANCE).addAndGet("1:waiting", tooMany);
    }

    @Test
    void aWrongCountIsMendedAtTheSecondLook() {
        countTooMany(5);
        look();
        assertThat(engine.counts()).containsEntry("1:waiting", 6L);
        look();

        assertThat(engine.counts()).containsEntry("1:waiting", 1L);
    }

    @Test
    void nothingIsMendedWhileTasksComeAndGo() {
        countTooMany(5);
        look();
        engine.aTask().put();
        look();
        assertThat(engine.counts()).containsEntry("1:waiting", 7L);
        look();

        assertThat(engine.counts()).containsEntry("1:waiting", 2L);
    }
}
