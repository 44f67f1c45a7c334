package io.carillon.dialect.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.FullQueueName;
import io.carillon.queue.Level;
import io.carillon.queue.QueueName;
import io.carillon.task.ResponseMode;
import io.carillon.task.Strategy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.BiFunction;
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
                "[]|",
                "'done'|",
                "{'body':1,}|body",
                "{'status_code':99}|status_code",
                "{'status_code':1000}|status_code",
                "{'status_code':'abc'}|status_code",
                "{'attempt':0}|attempt",
                "{'attempt':-1}|attempt",
                "{'attempt':'x'}|attempt",
                "{'x':[[[[[[[[[[[]]]]]]]]]]]}|x"
            })
    void completeRefuses(String body, String parameter) {
        assertRefused(CompleteRequest::of, body, parameter);
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
        var length = java.util.regex.Pattern.compile("<(\\d+)>").matcher(text);
        return length.replaceAll(found -> "x".repeat(Integer.parseInt(found.group(1))))
                .getBytes(StandardCharsets.UTF_8);
    }
}
