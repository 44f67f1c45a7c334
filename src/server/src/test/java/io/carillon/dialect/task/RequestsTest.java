package io.carillon.dialect.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Backoff;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.queue.QueueName;
import io.carillon.task.Due;
import io.carillon.task.ResponseMode;
import io.carillon.task.Retries;
import io.carillon.task.Strategy;
import io.carillon.worker.WorkerReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
    private static final int DEPTH = 10;

    // register

    @Test
    void registerTakesQueueAndEndpoint() {
        assertThat(RegisterRequest.of(bytes("{\"queue\":\"a_b-1\",\"endpoint\":\"/v1/x\",\"other\":[]}"), DEPTH))
                .isEqualTo(new RegisterRequest(new QueueName("a_b-1"), "/v1/x"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|queue",
                "{'queue':null,'endpoint':'/x'}|queue",
                "{'queue':'','endpoint':'/x'}|queue",
                "{'queue':'a.b','endpoint':'/x'}|queue",
                "{'queue':'a:1','endpoint':'/x'}|queue",
                "{'queue':'a b','endpoint':'/x'}|queue",
                "{'queue':'a\\u0000','endpoint':'/x'}|queue",
                "{'queue':'<65>','endpoint':'/x'}|queue",
                "{'queue':'a'}|endpoint",
                "{'queue':'a','endpoint':' '}|endpoint",
                "{'queue':'a','endpoint':'/x\\n'}|endpoint",
                "{'queue':'a','endpoint':'<257>'}|endpoint",
                "{'queue':'a','endpoint':{}}|endpoint"
            })
    void registerRefuses(String body, String parameter) {
        assertRefused(RegisterRequest::of, body, parameter);
    }

    // many

    @Test
    void eachPutIsReadOrRefusedAlone() {
        List<Outcome<PutRequest>> puts = PutRequest.each(
                bytes("[{'endpoint':'/x','data':{ 'n' : 1.0 }}, {'endpoint':'/x','level':[{'a':1,}]},"
                        + "{'endpoint':'/y','data':{},}, 7,]"),
                DEPTH,
                10);
        assertThat(puts).extracting(Outcome::isFailed).containsExactly(false, true, false, true);
        assertThat(puts.get(0).value().data().text()).isEqualTo("{ \"n\" : 1.0 }");
        assertThat(puts.get(2).value().endpoint()).isEqualTo("/y");
    }

    @Test
    void ofTooManyPutsNoneIsRead() {
        assertRefused((body, depth) -> PutRequest.each(body, depth, 1), "[{},{}]", null);
    }

    @Test
    void aResultAmongManyIsKeptToTheByteWithoutItsTake() {
        CompleteManyRequest request = CompleteManyRequest.of(
                bytes("{ 'results' : [ {'task_id':'TASK-12-1-C-261122093258-0001-000042','attempt':'3',"
                        + "'result' : { 'body' : [ 1.50 , null ] , 'attempt':2, 'take':{'queues':['a:1']} } , } , ],"
                        + "'take':{'queues':['q:1'],'size':7}, }"),
                DEPTH,
                10);
        CompleteManyRequest.Of only = request.results().get(0).orThrow();
        assertThat(only.id().text()).isEqualTo("TASK-12-1-C-261122093258-0001-000042");
        assertThat(only.request().result().text()).isEqualTo("{ \"body\" : [ 1.50 , null ] , \"attempt\":2 }");
        assertThat(only.request().fields().body().orElseThrow().text()).isEqualTo("[ 1.50 , null ]");
        assertThat(only.request().attempt()).contains(3);
        assertThat(request.take().orElseThrow().size()).isEqualTo(7);
    }

    @Test
    void aCommaTooManyInAResultMakesTheWholeNoJson() {
        Refused refused = catchThrowableOfType(
                Refused.class,
                () -> CompleteManyRequest.of(bytes("{'results':[{'task_id':'x','result':{'body':1,}}]}"), DEPTH, 10));
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
    }

    // put

    @Test
    void putHasDefaults() {
        PutRequest put = put("{'endpoint':'/v1/x','data':{ 'q' : null }}");
        assertThat(put.queue()).isEmpty();
        assertThat(put.level()).isEqualTo(Level.ONLINE);
        assertThat(put.data().text()).isEqualTo("{ \"q\" : null }");
        assertThat(put.responseMode()).isEqualTo(ResponseMode.CALLBACK);
        assertThat(put.callbackUrl()).isEmpty();
        assertThat(put.timeout()).isEmpty();
        assertThat(put.traceId()).isEmpty();
    }

    @Test
    void putTakesWhatTheSeedDocumentSends() {
        PutRequest put = put("{'endpoint':'/v1/x','queue':'q','level':'1','data':{'a':1},'response_mode':'callback',"
                + "'callback_url':'http://c/cb','timeout':'60','trace_id':'t',}");
        assertThat(put.queue()).contains(new QueueName("q"));
        assertThat(put.level()).isEqualTo(new Level(1));
        assertThat(put.callbackUrl()).contains("http://c/cb");
        assertThat(put.timeout()).contains(Duration.ofSeconds(60));
        assertThat(put.traceId()).contains("t");
    }

    @Test
    void putTakesCamelCaseAndNulls() {
        PutRequest put = put("{'endpoint':'','data':{},'queue':null,'level':null,'response_mode':null,'responseMode':"
                + "'streaming','callbackUrl':null,'timeout':null,'traceId':'x'}");
        assertThat(put.responseMode()).isEqualTo(ResponseMode.STREAMING);
        assertThat(put.traceId()).contains("x");
        assertThat(put("{'endpoint':'','data':{},'response_mode':null}").responseMode())
                .isEqualTo(ResponseMode.CALLBACK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"BATCH", "BATCH-1-1-261122093258-0001-000001", "BATCH <58>"})
    void aTraceIdOfABatchIsItsBatchIdToo(String trace) {
        PutRequest put = put("{'endpoint':'/x','data':{},'trace_id':'" + trace + "'}");
        assertThat(put.batchId()).isPresent().isEqualTo(put.traceId());
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch-1", "a BATCH", "BATCH<60>", "BATCH\u00fc", "BATCH-\ud83d\ude00"})
    void aTraceIdThatCanBeNoBatchIdIsATraceIdAllTheSame(String trace) {
        PutRequest put = put("{'endpoint':'/x','data':{},'trace_id':'" + trace + "'}");
        assertThat(put.traceId()).isPresent();
        assertThat(put.batchId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"blocking", "streaming"})
    void whoeverWaitsIsOnlineWhateverTheLevel(String mode) {
        assertThat(put("{'endpoint':'/x','data':{},'level':77,'response_mode':'" + mode + "'}")
                        .level())
                .isEqualTo(Level.ONLINE);
    }

    @ParameterizedTest
    @CsvSource({"0", "-5"})
    void noTimeoutAboveZeroIsNone(int timeout) {
        assertThat(put("{'endpoint':'/x','data':{},'timeout':" + timeout + "}").timeout())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "NONE",
            value = {"'m'|m", "' '|NONE", "7|NONE", "null|NONE", "{'x':1}|NONE"})
    void modelIsTheTextInTheData(String model, String expected) {
        assertThat(put("{'endpoint':'/x','data':{'a':{'model':'no'},'model':" + model + "}}")
                        .model()
                        .orElse(null))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|endpoint",
                "{'data':{}}|endpoint",
                "{'endpoint':null,'data':null}|endpoint",
                "{'endpoint':'<65>','data':{}}|endpoint",
                "{'endpoint':'/x\\u007f','data':{}}|endpoint",
                "{'endpoint':'/x'}|data",
                "{'endpoint':'/x','data':null,'response_mode':'no'}|data",
                "{'endpoint':'/x','data':[]}|data",
                "{'endpoint':'/x','data':'{}'}|data",
                "{'endpoint':'/x','data':{'a':1,}}|data",
                "{'endpoint':'/x','data':{'a':[[[[[[[[[[]]]]]]]]]]}}|data",
                "{'endpoint':'/x','data':{},'queue':'q:1'}|queue",
                "{'endpoint':'/x','data':{},'queue':'q\\t'}|queue",
                "{'endpoint':'/x','data':{},'response_mode':'Blocking'}|response_mode",
                "{'endpoint':'/x','data':{},'response_mode':''}|response_mode",
                "{'endpoint':'/x','data':{},'level':-1}|level",
                "{'endpoint':'/x','data':{},'level':10}|level",
                "{'endpoint':'/x','data':{},'level':1.5}|level",
                "{'endpoint':'/x','data':{},'level':99999999999}|level",
                "{'endpoint':'/x','data':{},'level':'one'}|level",
                "{'endpoint':'/x','data':{},'timeout':1e30}|timeout",
                "{'endpoint':'/x','data':{},'timeout':2147483648}|timeout",
                "{'endpoint':'/x','data':{},'trace_id':'<129>'}|trace_id",
                "{'endpoint':'/x','data':{},'trace_id':'a\\nb'}|trace_id",
                "{'endpoint':'/x','data':{},'callback_url':'<2049>'}|callback_url",
                "{'endpoint':'/x','data':{},'callback_url':'http://x/\\r\\nHost: y'}|callback_url"
            })
    void putRefuses(String body, String parameter) {
        assertRefused(PutRequest::of, body, parameter);
    }

    @Test
    void putSaysWhenAndHowOften() {
        PutRequest put = put("{'endpoint':'/x','data':{},'delay_ms':'1500','max_attempts':-1,'attempt_timeout':30,"
                + "'backoff':{'type':'fixed','delay_ms':900000,'jitter':0},'group':'Mandant ß 1'}");
        assertThat(put.due()).isEqualTo(new Due(1500, 0));
        assertThat(put.group()).contains("Mandant ß 1");
        assertThat(put.retries().maxAttempts()).isEqualTo(-1);
        assertThat(put.retries().attemptTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(put.retries().backoff())
                .isEqualTo(new Backoff(Backoff.Type.FIXED, Duration.ofMinutes(15), Duration.ofMinutes(15), 0));
        assertThat(put("{'endpoint':'/x','data':{},'backoff':{}}").retries().backoff())
                .isEqualTo(Backoff.USUAL);
    }

    @Test
    void putThatSaysNothingOfItGoesAtOnceAndAsTheQueueSays() {
        PutRequest put = put("{'endpoint':'/x','data':{},'delay_ms':0,'group':' ','backoff':null,'run_at':''}");
        assertThat(put.due()).isEqualTo(Due.AT_ONCE);
        assertThat(put.retries()).isEqualTo(Retries.USUAL);
        assertThat(put.group()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'2026-11-22T09:30:00Z'",
                "'2026-11-22T10:30:00+01:00'",
                "'2026-11-22T09:30:00.000Z'",
                "1795339800000",
                "'1795339800000'"
            })
    void runAtIsAnInstantInWordsOrMilliseconds(String when) {
        assertThat(put("{'endpoint':'/x','data':{},'run_at':" + when + "}").due())
                .isEqualTo(new Due(0, 1795339800000L));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'delay_ms':1,'run_at':'2026-11-22T09:30:00Z'|run_at",
                "'delay_ms':-1|delay_ms",
                "'delay_ms':1e15|delay_ms",
                "'delay_ms':'soon'|delay_ms",
                "'run_at':'tomorrow'|run_at",
                "'run_at':'2026-11-22T09:30:00'|run_at",
                "'run_at':-5|run_at",
                "'run_at':99999999999999999999|run_at",
                "'run_at':'+999999999-01-01T00:00:00Z'|run_at",
                "'delay_ms':5,'response_mode':'blocking'|delay_ms",
                "'run_at':1,'response_mode':'streaming'|run_at",
                "'max_attempts':0|max_attempts",
                "'max_attempts':-2|max_attempts",
                "'max_attempts':1.5|max_attempts",
                "'attempt_timeout':0|attempt_timeout",
                "'attempt_timeout':1e9|attempt_timeout",
                "'backoff':5|backoff",
                "'backoff':{'type':'linear'}|backoff.type",
                "'backoff':{'delay_ms':-1}|backoff.delay_ms",
                "'backoff':{'delay_ms':5000,'max_ms':4000}|backoff.max_ms",
                "'backoff':{'jitter':1.1}|backoff.jitter",
                "'backoff':{'jitter':'NaN'}|backoff.jitter",
                "'group':'<129>'|group",
                "'group':'a\\u0000b'|group",
                "'group':'a\\nb'|group",
                "'group':' a'|group",
                "'group':'a\\u00a0'|group",
                "'group':'a\\ud800'|group",
                "'group':['a']|group"
            })
    void putRefusesWhatCannotBeOfAttempts(String fields, String parameter) {
        assertRefused(PutRequest::of, "{'endpoint':'/x','data':{}," + fields + "}", parameter);
    }

    // heartbeat, retry and release

    @Test
    void aHeartbeatMayCarryAReportOfTheWorker() {
        WorkerReport report = HeartbeatRequest.of(
                        bytes("{'worker_id':'w','report':{'host':'h','queues':['q:1',null],'capacity':4,'running':'2',"
                                + "'started_at':7,'last_error':'" + "e".repeat(2000) + "','new':{}}}"),
                        DEPTH)
                .report();

        assertThat(report.host()).isEqualTo("h");
        assertThat(report.queues()).containsExactly("q:1");
        assertThat(report.capacity()).isEqualTo(4);
        assertThat(report.running()).isEqualTo(2);
        assertThat(report.started()).isEqualTo(7);
        assertThat(report.lastError()).hasSize(1000);
        assertThat(HeartbeatRequest.of(bytes("{'worker_id':'w','report':null}"), DEPTH)
                        .report())
                .isNull();
    }

    @Test
    void heartbeatNamesTasksAndAttempts() {
        HeartbeatRequest heartbeat = HeartbeatRequest.of(
                bytes("{'workerId':'w','leases':[{'taskId':'a','attempt':'2','x':[1]},{'task_id':'b','attempt':0},]}"),
                DEPTH);
        assertThat(heartbeat.worker()).isEqualTo("w");
        assertThat(heartbeat.leases())
                .containsExactly(new HeartbeatRequest.Claimed("a", 2), new HeartbeatRequest.Claimed("b", 0));
        assertThat(HeartbeatRequest.of(bytes("{'worker_id':'w'}"), DEPTH).leases())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|worker_id",
                "{'worker_id':' '}|worker_id",
                "{'worker_id':'<129>'}|worker_id",
                "{'worker_id':'w','leases':{}}|leases",
                "{'worker_id':'w','leases':[null]}|leases",
                "{'worker_id':'w','leases':['a']}|leases",
                "{'worker_id':'w','leases':[{'attempt':1}]}|leases.task_id",
                "{'worker_id':'w','leases':[{'task_id':'a'}]}|leases.attempt",
                "{'worker_id':'w','leases':[{'task_id':'a','attempt':-1}]}|attempt",
                "{'worker_id':'w','leases':[{'task_id':'a','attempt':1}|leases"
            })
    void heartbeatRefuses(String body, String parameter) {
        assertRefused(HeartbeatRequest::of, body, parameter);
    }

    @Test
    void heartbeatTakesAThousandLeasesAndNoMore() {
        String thousand = IntStream.range(0, 1000)
                .mapToObj(i -> "{'task_id':'t" + i + "','attempt':1}")
                .collect(Collectors.joining(","));
        assertThat(HeartbeatRequest.of(bytes("{'worker_id':'w','leases':[" + thousand + "]}"), DEPTH)
                        .leases())
                .hasSize(1000);
        assertRefused(
                HeartbeatRequest::of,
                "{'worker_id':'w','leases':[" + thousand + ",{'task_id':'t','attempt':1}]}",
                "leases");
    }

    @Test
    void whoeverHandsBackMaySayNothing() {
        HandBackRequest nothing = new HandBackRequest(Optional.empty(), Optional.empty(), Optional.empty());
        assertThat(HandBackRequest.of(new byte[0], DEPTH)).isEqualTo(nothing);
        assertThat(HandBackRequest.of(bytes("{'reason':' ','delay_ms':null}"), DEPTH))
                .isEqualTo(nothing);
    }

    @Test
    void aLongReasonIsCutOffBetweenCharacters() {
        String smile = new String(Character.toChars(0x1F600));
        HandBackRequest back =
                HandBackRequest.of(bytes("{'reason':'<999>" + smile + smile + "','delay_ms':5,'attempt':3}"), DEPTH);
        assertThat(back.reason()).contains("x".repeat(999) + smile);
        assertThat(back.delay()).contains(Duration.ofMillis(5));
        assertThat(back.attempt()).contains(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'delay_ms':-1}|delay_ms",
                "{'delay_ms':604800001}|delay_ms",
                "{'attempt':0}|attempt",
                "{'reason':{}}|reason",
                "[]|"
            })
    void handingBackRefuses(String body, String parameter) {
        assertRefused(HandBackRequest::of, body, parameter);
    }

    // take

    @Test
    void takeHasDefaults() {
        TakeRequest take = take("{'queues':['a:0','b:1','a:0']}");
        assertThat(take.queues()).containsExactly(FullQueueName.parse("a:0"), FullQueueName.parse("b:1"));
        assertThat(take.size()).isEqualTo(1);
        assertThat(take.strategy()).isEqualTo(Strategy.FIFO);
        assertThat(take.minAge()).isZero();
        assertThat(take.processTimeout()).isEmpty();
        assertThat(take.processMaxRetries()).isEmpty();
        assertThat(take.owner()).isEmpty();
        assertThat(take.waitFor()).isZero();
    }

    @Test
    void takeReadsAllFieldsInBothSpellings() {
        TakeRequest snake = take("{'queues':['a:1'],'size':5,'strategy':'sequential','min_age_seconds':3,"
                + "'process_timeout':60,'process_max_retries':-1,'worker_id':'w1','wait_seconds':60,'endpoint':'/x'}");
        TakeRequest camel = take("{'queues':['a:1'],'size':'5','strategy':'sequential','minAgeSeconds':3,"
                + "'processTimeout':60,'processMaxRetries':-1,'workerId':'w1','waitSeconds':60,'endpoint':null}");
        assertThat(snake).isEqualTo(camel);
        assertThat(snake.minAge()).isEqualTo(Duration.ofSeconds(3));
        assertThat(snake.processTimeout()).contains(Duration.ofMinutes(1));
        assertThat(snake.processMaxRetries()).contains(-1);
        assertThat(snake.owner()).contains("w1");
        assertThat(snake.waitFor()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void takeKnowsWhatAWorkerOfANewerSdkCanCarry() {
        TakeRequest take = take("{'queues':['A:0','b:1'],'size':8,'strategy':null,"
                + "'worker':{'id':'w','capacities':{'A:0':3,'b:1':-1,'c:1':null},'extra':{}}}");
        assertThat(take.workerId()).isEmpty();
        assertThat(take.owner()).contains("w");
        assertThat(take.worker().orElseThrow().capacities())
                .isEqualTo(Map.of(FullQueueName.parse("A:0"), 3, FullQueueName.parse("b:1"), 0));
        assertThat(take.capacity(FullQueueName.parse("A:0"))).isEqualTo(3);
        assertThat(take.capacity(FullQueueName.parse("d:0"))).isEqualTo(8);
        assertThat(take("{'queues':['a:0'],'worker':null}").worker()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "fifo, 0, 0",
        "fifo, -3, 0",
        "fifo, 100, 100",
        "fifo, 101, 100",
        "round_robin, 101, 101",
        "active_passive, 2147483647, 1000"
    })
    void sizeHasItsLimits(String strategy, int size, int expected) {
        assertThat(take("{'queues':['a:0'],'strategy':'" + strategy + "','size':" + size + "}")
                        .size())
                .isEqualTo(expected);
    }

    @Test
    void negativeTimesAreNone() {
        TakeRequest take = take("{'queues':['a:0'],'min_age_seconds':-1,'process_timeout':-1}");
        assertThat(take.minAge()).isZero();
        assertThat(take.processTimeout()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "NONE",
            value = {
                "|NONE",
                ",'process_timeout':0,'process_max_retries':0|NONE",
                ",'process_max_retries':3|NONE",
                ",'process_timeout':5|0",
                ",'process_timeout':5,'worker':{'id':'w'}|0",
                ",'process_timeout':5,'process_max_retries':null|0",
                ",'process_timeout':5,'process_max_retries':-1|-1",
                ",'process_timeout':5,'worker_id':'w'|NONE",
                ",'process_timeout':5,'process_max_retries':2,'worker_id':'w'|2"
            })
    void aTimerWithoutRetriesHasNoneUnlessTheWorkerNamesItself(String fields, Integer lostLeases) {
        OptionalInt expected = lostLeases == null ? OptionalInt.empty() : OptionalInt.of(lostLeases);
        assertThat(take("{'queues':['a:0']" + (fields == null ? "" : fields) + "}")
                        .take()
                        .lostLeases())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|queues",
                "{'queues':null}|queues",
                "{'queues':[]}|queues",
                "{'queues':[null]}|queues",
                "{'queues':'a:0'}|queues",
                "{'queues':[['a:0']]}|queues",
                "{'queues':['a']}|queues",
                "{'queues':['a:10']}|queues",
                "{'queues':['a:0','a b:0']}|queue",
                "{'queues':['a:0'],'size':'many'}|size",
                "{'queues':['a:0'],'size':1e10}|size",
                "{'queues':['a:0'],'strategy':'FIFO'}|strategy",
                "{'queues':['a:0'],'min_age_seconds':9223372036854775807}|min_age_seconds",
                "{'queues':['a:0'],'process_timeout':2147483648}|process_timeout",
                "{'queues':['a:0'],'process_max_retries':-2}|process_max_retries",
                "{'queues':['a:0'],'wait_seconds':-1}|wait_seconds",
                "{'queues':['a:0'],'wait_seconds':61}|wait_seconds",
                "{'queues':['a:0'],'worker_id':'<129>'}|worker_id",
                "{'queues':['a:0'],'worker_id':'a\\u0001'}|worker_id",
                "{'queues':['a:0'],'worker':'w'}|worker",
                "{'queues':['a:0'],'worker':{'id':'<129>'}}|worker.id",
                "{'queues':['a:0'],'worker':{'capacities':{'a':1}}}|queues"
            })
    void takeRefuses(String body, String parameter) {
        assertRefused(TakeRequest::of, body, parameter);
    }

    @Test
    void takeRefusesTenThousandQueues() {
        String queues =
                IntStream.range(0, 10_000).mapToObj(i -> "'q" + i + ":0'").collect(Collectors.joining(","));
        assertThat(assertRefused(TakeRequest::of, "{'queues':[" + queues + "]}", "queues"))
                .hasMessage("queues may have at most 1000 elements");
    }

    // complete and progress

    @Test
    void completeKeepsTheObjectAsItWasSent() {
        String sent = "{ \"status_code\": \"408\", \"x\": [1.10, null], \"body\": {\"a\":1} , \"attempt\": 3 }";
        CompleteRequest complete = CompleteRequest.of((" " + sent + "\n").getBytes(StandardCharsets.UTF_8), DEPTH);
        assertThat(complete.result().text()).isEqualTo(sent);
        assertThat(complete.fields().statusCode()).isEqualTo(408);
        assertThat(complete.fields().body()).contains(RawJson.of("{\"a\":1}"));
        assertThat(complete.attempt()).contains(3);
        assertThat(CompleteRequest.of(bytes("{}"), DEPTH).attempt()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'take':{'queues':['a:1']}}|{}",
                "{ 'take' : {'queues':['a:1'],'size':2} , 'body':1}|{  'body':1}",
                "{'body':[1, 2] , 'take':{'queues':['a:1'],'worker':{'id':'w'}} }|{'body':[1, 2]  }",
                "{'a':',','take':{'queues':['a:1']},'b':'}'}|{'a':',','b':'}'}",
                "{'take':{'queues':['b:1']},'take':{'queues':['a:1']},'b':2}|{'b':2}",
                "{'b':2,'take':null,'take':{'queues':['a:1']}}|{'b':2,'take':null}",
                "{'b':2,'take':{'queues':['a:1']},'take':7}|{'b':2,'take':7}"
            })
    void theTakeThatComesWithAResultIsNoPartOfIt(String body, String result) {
        CompleteRequest complete = CompleteRequest.of(bytes(body), DEPTH);
        assertThat(complete.result().text()).isEqualTo(result.replace('\'', '"'));
        assertThat(complete.take().orElseThrow().queues()).containsExactly(FullQueueName.parse("a:1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'take':{'queues':7}}|queues",
                "{'take':{'a':1,}}|take",
                "{'take':{'queues':['a:1'],'wait_seconds':99}}|wait_seconds",
                "[]|",
                "'done'|",
                "{'body':1,}|body",
                "{'status_code':{'a':1,}}|status_code",
                "{'status_code':[[[[[[[[[[[]]]]]]]]]]]}|status_code",
                "{'attempt':{'a':1,}}|attempt",
                "{'x':[[[[[[[[[[[]]]]]]]]]]]}|x"
            })
    void completeRefuses(String body, String parameter) {
        assertRefused(CompleteRequest::of, body, parameter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'take':{}}",
                "{'take':{'queues':null,'b':[1]},'c':2}",
                "{'take':'a:1'}",
                "{ 'take' : 7 }",
                "{'take':['queues']}",
                "{'take':null,'attempt':null}",
                "{'attempt':0}",
                "{'attempt':-1}",
                "{'attempt':'x'}",
                "{'attempt':1.5,'body':1}",
                "{'attempt':{'n':[1]},'body':1}",
                "{'attempt':[],'body':1}",
                "{'attempt':true}"
            })
    void theUsersOwnAttemptAndTakeArePartOfTheResult(String body) {
        CompleteRequest complete = CompleteRequest.of(bytes(body), DEPTH);
        assertThat(complete.result().text()).isEqualTo(body.replace('\'', '"'));
        assertThat(complete.take()).isEmpty();
        assertThat(complete.attempt()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "99", "1000", "-1", "1.5", "1e30", "true", "'abc'", "{'a':1}", "[]"})
    void aResultWhoseStatusIsNoneCountsAsABadGateway(String status) {
        String sent = "{'status_code':" + status + ",'body':{'a':1},'attempt':2}";
        CompleteRequest complete = CompleteRequest.of(bytes(sent), DEPTH);
        assertThat(complete.result().text()).isEqualTo(sent.replace('\'', '"'));
        assertThat(complete.fields().statusCode()).isEqualTo(502);
        assertThat(complete.fields().body()).contains(RawJson.of("{\"a\":1}"));
        assertThat(complete.fields().failure().orElseThrow()).startsWith("status_code ");
        assertThat(complete.attempt()).contains(2);
    }

    @Test
    void amongManyAResultWhoseStatusIsNoneIsRefusedAlone() {
        CompleteManyRequest request = CompleteManyRequest.of(
                bytes("{'results':[{'task_id':'TASK-12-1-C-261122093258-0001-000042','result':{'status_code':[1]}},"
                        + "{'task_id':'TASK-12-1-C-261122093258-0001-000043','result':{'status_code':201}}]}"),
                DEPTH,
                10);
        assertThat(request.results()).extracting(Outcome::isFailed).containsExactly(true, false);
        assertThat(request.results().get(0).failure())
                .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.parameter())
                        .contains("status_code"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00fc", "\ud83d\ude00", "ck_1\u007f"})
    void deadLettersOfNoKeyCannotBeAskedFor(String owner) {
        assertRefused(DeadLettersRequest::of, "{'filter':{'owner':'" + owner + "'}}", "owner");
    }

    @Test
    void progressComesInBothSpellings() {
        ProgressRequest snake = progress("{'event_id':7,'event_name':'message','event_data':{'a' : 1},'attempt':2,}");
        assertThat(snake)
                .isEqualTo(progress("{'eventId':'7','eventName':'message','eventData':{'a' : 1},'attempt':'2'}"));
        assertThat(snake.eventId()).contains("7");
        assertThat(snake.eventData().orElseThrow().text()).isEqualTo("{\"a\" : 1}");
        assertThat(snake.attempt()).contains(2);
        assertThat(progress("{'event_data':null}").eventData()).isEmpty();
        assertThat(progress("{'event_data':'[DONE]'}").eventData()).contains(RawJson.of("\"[DONE]\""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'event_id':'1\\n2'}|event_id",
                "{'event_name':'a\\rdata: x'}|event_name",
                "{'event_name':'<257>'}|event_name",
                "{'event_data':[1,]}|event_data",
                "{'attempt':0}|attempt"
            })
    void progressRefuses(String body, String parameter) {
        assertRefused(ProgressRequest::of, body, parameter);
    }

    private static PutRequest put(String body) {
        return PutRequest.of(bytes(body), DEPTH);
    }

    private static TakeRequest take(String body) {
        return TakeRequest.of(bytes(body), DEPTH);
    }

    private static ProgressRequest progress(String body) {
        return ProgressRequest.of(bytes(body), DEPTH);
    }

    private static Refused assertRefused(BiFunction<byte[], Integer, ?> reader, String body, String parameter) {
        Refused refused = catchThrowableOfType(Refused.class, () -> reader.apply(bytes(body), DEPTH));
        assertThat(refused).isNotNull();
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        assertThat(refused.parameter().orElse(null)).isEqualTo(parameter);
        return refused;
    }

    /** Single quotes for double ones, and {@code <n>} for n letters. */
    private static byte[] bytes(String body) {
        String text = body.replace('\'', '"');
        var length = Pattern.compile("<(\\d+)>").matcher(text);
        return length.replaceAll(found -> "x".repeat(Integer.parseInt(found.group(1))))
                .getBytes(StandardCharsets.UTF_8);
    }
}
