package io.carillon.dialect.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.carillon.channel.Channels;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.TestEntities;
import io.carillon.platform.http.JsonBinding;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.Problem;
import io.carillon.platform.json.Json;
import io.carillon.queue.QueueName;
import io.carillon.security.AllowedQueues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Authentication;
import io.carillon.security.AuthenticationFilter;
import io.carillon.security.Caller;
import io.carillon.security.Keys;
import io.carillon.security.Role;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.MessageBodyReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.glassfish.hk2.api.ActiveDescriptor;
import org.glassfish.hk2.api.Context;
import org.glassfish.hk2.api.ServiceHandle;
import org.glassfish.hk2.api.TypeLiteral;
import org.glassfish.hk2.utilities.BuilderHelper;
import org.glassfish.hk2.utilities.binding.AbstractBinder;
import org.glassfish.jersey.jdkhttp.JdkHttpHandlerContainerProvider;
import org.glassfish.jersey.server.ResourceConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The resources for keys and channels and the check of keys, over HTTP, on a JAX-RS without an application server. */
class AdminApiTest {
    private static final String ADMIN = "the-admin-key";

    private static TestEntities mariaDb;
    private static HttpServer server;
    private static Keys keys;
    private static Channels channels;
    private static boolean authQuery;
    private static int bodiesRead;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        mariaDb = new TestEntities();
        keys = new Keys(mariaDb.entities(), Optional.of(ADMIN), Clock.systemUTC(), System::nanoTime);
        channels = new Channels(mariaDb.entities(), Clock.systemUTC(), System::nanoTime);
        ResourceConfig resources = new ResourceConfig(
                KeysResource.class,
                ChannelsResource.class,
                GatewayChannelResource.class,
                Doors.class,
                AuthenticationFilter.class,
                JsonBinding.class,
                Bodies.class,
                Errors.class);
        resources.register(new AbstractBinder() {
            @Override
            protected void configure() {
                bind(keys).to(Keys.class);
                bind(new Authentication(keys, new Settings())).to(Authentication.class);
                bind(channels).to(Channels.class);
                bind(new Settings()).to(Configuration.class);
                addActiveDescriptor(scope(ApplicationScoped.class, new TypeLiteral<Context<ApplicationScoped>>() {}));
                addActiveDescriptor(scope(Dependent.class, new TypeLiteral<Context<Dependent>>() {}));
            }
        });
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                new JdkHttpHandlerContainerProvider()
                        .createContainer(com.sun.net.httpserver.HttpHandler.class, resources));
        server.start();
    }

    private static <A extends Annotation> ActiveDescriptor<?> scope(Class<A> scope, TypeLiteral<Context<A>> contract) {
        return BuilderHelper.createConstantDescriptor(new Scope<>(scope), null, contract.getType());
    }

    @AfterAll
    static void stop() {
        server.stop(0);
        mariaDb.close();
    }

    @BeforeEach
    void clear() {
        mariaDb.execute("DELETE FROM api_key");
        mariaDb.execute("DELETE FROM channel");
        authQuery = false;
        bodiesRead = 0;
    }

    private static String key(Role... roles) {
        return keys.create("test", EnumSet.copyOf(List.of(roles)), AllowedQueues.ALL, null)
                .text();
    }

    @Test
    void withoutAKeyOnlyOpenDoorsOpen() {
        assertThat(get("/doors/open", null).statusCode()).isEqualTo(200);
        for (String path : List.of("/doors/any", "/doors/work", "/doors/closed", "/v1/keys", "/v1/channels/m")) {
            HttpResponse<String> answer = get(path, null);
            assertThat(answer.statusCode()).as(path).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bearer the-admin-key",
                "Bearer  the-admin-key",
                "Bearer ",
                "Bearer",
                "the-admin-key",
                "Basic x",
                ""
            })
    void onlyBearerOneSpaceAndTheKeyIsAKey(String header) {
        assertThat(send("GET", "/doors/any", Map.of("Authorization", header), null)
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void unknownKeysAreToldApartFromMissingOnes() {
        assertThat(get("/doors/any", null).body()).contains("No API key");
        assertThat(get("/doors/any", "sk-carillon-wrong").body()).contains("not known");
        assertThat(get("/doors/any", "sk-carillon-wrong").body()).doesNotContain("sk-carillon-wrong");
    }

    @Test
    void rolesOpenTheDoorsThatNameThem() {
        String worker = key(Role.WORKER);
        String producer = key(Role.PRODUCER);
        String admin = key(Role.ADMIN);

        assertThat(get("/doors/work", worker).statusCode()).isEqualTo(200);
        assertThat(get("/doors/work", admin).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = get("/doors/work", producer);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("role worker").contains("has producer");
        assertThat(get("/doors/either", producer).statusCode()).isEqualTo(200);
        assertThat(get("/doors/any", producer).statusCode()).isEqualTo(200);
        assertThat(get("/doors/closed", admin).statusCode()).isEqualTo(403);
    }

    @Test
    void theMethodKnowsItsCaller() {
        assertThat(get("/doors/caller", ADMIN).body()).isEqualTo("ck_admin");
    }

    @Test
    void aKeyInTheQueryCountsOnlyWhenConfigured() {
        String path = "/doors/any?Authorization=" + encoded("Bearer " + ADMIN);
        assertThat(get(path, null).statusCode()).isEqualTo(401);

        authQuery = true;
        assertThat(get(path, null).statusCode()).isEqualTo(200);
        assertThat(get(path, "sk-carillon-wrong").statusCode()).isEqualTo(401);
    }

    @Test
    void theBodyOfARefusedRequestIsNotRead() {
        assertThat(post("/doors/body", null, "{}").statusCode()).isEqualTo(401);
        assertThat(post("/doors/body", key(Role.PRODUCER), "{}").statusCode()).isEqualTo(403);
        assertThat(bodiesRead).isZero();

        assertThat(post("/doors/body", ADMIN, "{}").statusCode()).isEqualTo(200);
        assertThat(bodiesRead).isEqualTo(1);
    }

    @Test
    void whileMariaDbIsAwayAnUnknownKeyIsAnsweredWith503() {
        String unseen = key(Role.WORKER);
        mariaDb.goAway();
        try {
            HttpResponse<String> answer = get("/doors/any", unseen);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        } finally {
            mariaDb.comeBack();
        }
    }

    @Test
    void aKeyIsShownOnceWorksAndIsRevoked() {
        HttpResponse<String> created = post(
                "/v1/keys",
                ADMIN,
                "{\"name\":\"w\",\"roles\":[\"worker\",\"worker\"],\"queues\":[\"a\",\"b*\",\"a\"],\"expiresIn\":60}");
        assertThat(created.statusCode()).isEqualTo(201);
        JsonNode issued = json(created);
        String id = issued.get("id").asText();
        String key = issued.get("key").asText();
        assertThat(URI.create(created.headers().firstValue("Location").orElseThrow())
                        .getPath())
                .isEqualTo("/v1/keys/" + id);
        assertThat(issued.get("roles").toString()).isEqualTo("[\"worker\"]");
        assertThat(issued.get("queues").toString()).isEqualTo("[\"a\",\"b*\"]");
        assertThat(get("/doors/work", key).statusCode()).isEqualTo(200);

        assertThat(get("/v1/keys", ADMIN).body()).contains(id).doesNotContain(key);
        assertThat(json(get("/v1/keys/" + id, ADMIN)).has("key")).isFalse();

        HttpResponse<String> revoked = delete("/v1/keys/" + id, ADMIN);
        assertThat(json(revoked).get("revoked_at").asText()).endsWith("Z");
        assertThat(delete("/v1/keys/" + id, ADMIN).body()).isEqualTo(revoked.body());
        assertThat(get("/doors/work", key).statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            {"name":"k","roles":["boss"]}                                              | boss
            {"name":"k"}                                                               | role
            {"roles":["worker"]}                                                       | name
            {"name":"k","roles":"worker"}                                              | roles
            {"name":"k","roles":["worker"],"queues":["*"]}                             | queue
            {"name":"k","roles":["worker"],"queues":["a:0"]}                           | queue
            {"name":"k","roles":["worker"],"expires_at":"tomorrow"}                    | expires_at
            {"name":"k","roles":["worker"],"expires_at":"2001-01-01T00:00:00Z"}        | expired
            {"name":"k","roles":["worker"],"expires_in":-5}                            | expires_in
            {"name":"k","roles":["worker"],"expires_in":"P1Y"}                         | expires_in
            {"name":"k","roles":["worker"],"expires_in":5,"expires_at":4000000000}     | not both
            {"name":"k","roles":["worker"],"expires_at":99999999999999999999}          | expires_at
            {"name":"k","roles":["worker"],"quota":{"live_batches":1}}                 | 'quota'
            [1]                                                                        | object
            {"name":                                                                   | JSON
            """)
    void whatIsWrongWithANewKeyIsSaid(String body, String word) {
        HttpResponse<String> answer = post("/v1/keys", ADMIN, body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(word);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            "expires_at":"2035-01-01T02:00:00+02:00" | 2035-01-01T00:00:00Z
            "expires_at":2051222400                  | 2035-01-01T00:00:00Z
            "expiresAt":"2051222400"                 | 2035-01-01T00:00:00Z
            """)
    void anExpiryIsAnInstantOrSeconds(String field, String expires) {
        HttpResponse<String> answer = post("/v1/keys", ADMIN, "{\"name\":\"k\",\"roles\":[\"worker\"]," + field + "}");

        assertThat(json(answer).get("expires_at").asText()).isEqualTo(expires);
    }

    @Test
    void keysAreForAdminsOnly() {
        String other = key(Role.PRODUCER, Role.WORKER);

        assertThat(get("/v1/keys", other).statusCode()).isEqualTo(403);
        assertThat(post("/v1/keys", other, "{}").statusCode()).isEqualTo(403);
        assertThat(delete("/v1/keys/ck_x", other).statusCode()).isEqualTo(403);
    }

    @Test
    void unknownKeysAndBadLimitsAreRefused() {
        assertThat(get("/v1/keys/ck_none", ADMIN).statusCode()).isEqualTo(404);
        assertThat(get("/v1/keys/%00%C3%A9", ADMIN).statusCode()).isEqualTo(404);
        assertThat(delete("/v1/keys/ck_admin", ADMIN).statusCode()).isEqualTo(409);
        for (String limit : List.of("0", "-1", "1001", "ten", "99999999999999999999", "")) {
            assertThat(get("/v1/keys?limit=" + limit, ADMIN).statusCode())
                    .as(limit)
                    .isEqualTo(400);
        }
    }

    @Test
    void aPageTellsWhetherThereIsMore() {
        key(Role.WORKER);
        key(Role.WORKER);

        JsonNode first = json(get("/v1/keys?limit=1", ADMIN));
        assertThat(first.get("has_more").asBoolean()).isTrue();
        JsonNode second =
                json(get("/v1/keys?limit=1&after=" + first.at("/data/0/id").asText(), ADMIN));
        assertThat(second.get("has_more").asBoolean()).isFalse();
        assertThat(second.get("data")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta-llama/Llama-3.1-8B", "meta-llama%2FLlama-3.1-8B"})
    void aModelWithASlashHasAChannel(String path) {
        HttpResponse<String> put = send(
                "PUT",
                "/v1/channels/" + path,
                Map.of("Authorization", "Bearer " + ADMIN),
                "{\"queue\":\"llama\",\"endpoint\":\"/v1/chat/completions\"}");
        assertThat(put.statusCode()).isEqualTo(200);
        assertThat(json(put).get("model").asText()).isEqualTo("meta-llama/Llama-3.1-8B");
        assertThat(channels.route("/v1/chat/completions", "meta-llama/Llama-3.1-8B"))
                .isEqualTo(new QueueName("llama"));

        String worker = key(Role.WORKER);
        assertThat(get("/v1/channels/" + path, worker).body()).isEqualTo(put.body());
        assertThat(json(get("/v1/channels", worker)).at("/data/0/queue").asText())
                .isEqualTo("llama");
        assertThat(delete("/v1/channels/" + path, worker).statusCode()).isEqualTo(403);
        assertThat(delete("/v1/channels/" + path, ADMIN).body()).isEqualTo(put.body());
        assertThat(get("/v1/channels/" + path, worker).statusCode()).isEqualTo(404);
    }

    @Test
    void theGatewaysOwnExampleMakesAChannel() {
        HttpResponse<String> answer = post(
                "/console/metadata/channel",
                ADMIN,
                """
                {"entityType": "channel", "entityCode": "openai-gpt4", "dataDestination": "production",
                 "priority": "high", "protocol": "openai", "supplier": "openai", "url": "https://example.com/v1",
                 "channelInfo": "{\\"model\\":\\"gpt-4\\"}", "priceInfo": "{\\"input\\":0.03,\\"output\\":0.06}",
                 "trialEnabled": 1, "ownerType": "system", "visibility": "public", "queueMode": 2, "queueName": "q1",}
                """);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).get("code").asInt()).isEqualTo(200);
        assertThat(json(answer).at("/data/queueName").asText()).isEqualTo("q1");
        assertThat(channels.route("/v1/chat/completions", "gpt-4")).isEqualTo(new QueueName("q1"));
    }

    @Test
    void aGatewayChannelOfAModelOrAnEndpointRoutesThat() {
        post(
                "/console/metadata/channel",
                ADMIN,
                "{\"entityType\":\"model\",\"entityCode\":\"m1\",\"queueMode\":\"3\",\"queueName\":\"q1\"}");
        post(
                "/console/metadata/channel",
                ADMIN,
                "{\"entityType\":\"endpoint\",\"entityCode\":\"/v1/embeddings\",\"queueMode\":2,\"queueName\":\"q2\","
                        + "\"channelInfo\":{\"model\":\"m2\"}}");

        assertThat(channels.route("/v1/anything", "m1").text()).isEqualTo("q1");
        assertThat(channels.route("/v1/embeddings", "m2").text()).isEqualTo("q2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"entityType\":\"model\",\"entityCode\":\"m\",\"queueMode\":1,\"queueName\":\"q\"}",
                "{\"entityType\":\"model\",\"entityCode\":\"m\",\"queueName\":\"q\"}",
                "{\"entityType\":\"model\",\"entityCode\":\"m\",\"queueMode\":2}",
                "{\"entityType\":\"model\",\"queueMode\":2,\"queueName\":\"q\"}",
                "{\"entityType\":\"endpoint\",\"entityCode\":\"/v1/x\",\"queueMode\":2,\"queueName\":\"q\"}",
                "{\"entityType\":\"channel\",\"entityCode\":\"m\",\"queueMode\":2,\"queueName\":\"q\",\"channelInfo\":\"no\"}"
            })
    void aGatewayChannelThatCannotRouteIsRefused(String body) {
        assertThat(post("/console/metadata/channel", ADMIN, body).statusCode()).isEqualTo(400);
        assertThat(channels.list(10, null)).isEmpty();
    }

    private static HttpResponse<String> get(String path, String key) {
        return send("GET", path, authorization(key), null);
    }

    private static HttpResponse<String> delete(String path, String key) {
        return send("DELETE", path, authorization(key), null);
    }

    private static HttpResponse<String> post(String path, String key, String body) {
        return send("POST", path, authorization(key), body);
    }

    private static Map<String, String> authorization(String key) {
        return key == null ? Map.of() : Map.of("Authorization", "Bearer " + key);
    }

    private static HttpResponse<String> send(String method, String path, Map<String, String> headers, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .header("Content-Type", "application/json");
        headers.forEach(request::header);
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return Json.mapper().readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** One method for each kind of access. */
    @Path("doors")
    public static class Doors {
        @GET
        @Path("open")
        @PermitAll
        public String open() {
            return "open";
        }

        @GET
        @Path("any")
        public String any() {
            return "any";
        }

        @GET
        @Path("work")
        @AllowedRoles(Role.WORKER)
        public String work() {
            return "work";
        }

        @GET
        @Path("either")
        @AllowedRoles({Role.WORKER, Role.PRODUCER})
        public String either() {
            return "either";
        }

        @GET
        @Path("closed")
        @DenyAll
        public String closed() {
            return "closed";
        }

        @GET
        @Path("caller")
        public String caller(@jakarta.ws.rs.core.Context SecurityContext security) {
            return Caller.of(security).keyId();
        }

        @POST
        @Path("body")
        @AllowedRoles(Role.WORKER)
        public String body(JsonBody body) {
            return "body";
        }
    }

    /** Counts the bodies that are read. */
    public static class Bodies implements MessageBodyReader<JsonBody> {
        @Override
        public boolean isReadable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
            return type == JsonBody.class;
        }

        @Override
        public JsonBody readFrom(
                Class<JsonBody> type,
                Type generic,
                Annotation[] annotations,
                MediaType mediaType,
                MultivaluedMap<String, String> headers,
                InputStream in)
                throws IOException {
            bodiesRead++;
            return new JsonBody(in.readAllBytes());
        }
    }

    /** The plainest shape for a refusal. */
    public static class Errors implements ExceptionMapper<Throwable> {
        @Override
        public Response toResponse(Throwable failure) {
            Problem problem = Problem.of(failure);
            Response.ResponseBuilder answer = Response.status(problem.status())
                    .type(MediaType.TEXT_PLAIN_TYPE)
                    .entity(problem.message());
            problem.headers().forEach(answer::header);
            return answer.build();
        }
    }

    /** Stands in for a scope of CDI, which means nothing to this JAX-RS: one instance of each class. */
    @Singleton
    private static final class Scope<A extends Annotation> implements Context<A> {
        private final Class<A> scope;
        private final Map<ActiveDescriptor<?>, Object> instances = new ConcurrentHashMap<>();

        Scope(Class<A> scope) {
            this.scope = scope;
        }

        @Override
        public Class<? extends Annotation> getScope() {
            return scope;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <U> U findOrCreate(ActiveDescriptor<U> descriptor, ServiceHandle<?> root) {
            return (U) instances.computeIfAbsent(descriptor, missing -> descriptor.create(root));
        }

        @Override
        public boolean containsKey(ActiveDescriptor<?> descriptor) {
            return instances.containsKey(descriptor);
        }

        @Override
        public void destroyOne(ActiveDescriptor<?> descriptor) {
            instances.remove(descriptor);
        }

        @Override
        public boolean supportsNullCreation() {
            return false;
        }

        @Override
        public boolean isActive() {
            return true;
        }

        @Override
        public void shutdown() {
            instances.clear();
        }
    }

    private static final class Settings extends Configuration {
        @Override
        public boolean authQuery() {
            return authQuery;
        }

        @Override
        public int jsonDepth() {
            return 100;
        }
    }
}
