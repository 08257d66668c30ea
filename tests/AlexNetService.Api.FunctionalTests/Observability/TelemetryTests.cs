using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Api.FunctionalTests.Processes;
using AlexNetService.Inference.Diagnostics;
using Grpc.Net.Client;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using HealthClient = Grpc.Health.V1.Health.HealthClient;

namespace AlexNetService.Api.FunctionalTests.Observability;

public sealed class TelemetryTests(SharedService service)
{
    [Fact]
    public async Task Metrics_AfterRequests_CountThem()
    {
        await service.Client.ClassifyAsync();

        await ScrapeWithAsync("http_route=\"/v1/classify\"");
        await ScrapeWithAsync("alexnet_run_duration_seconds_count");
    }

    [Fact]
    public async Task Metrics_OfAProcess_HaveTheVersionTheModelsAndThePredictedClassesButNoProbesAndScrapes()
    {
        var (process, client) = await ServiceProcess.ReadyAsync(
            service.Repository.Root, new() { ["Grpc__Url"] = "http://127.0.0.1:0" });
        using var running = process;
        using var sender = client;
        using var channel = GrpcChannel.ForAddress(process.GrpcAddress);
        await new HealthClient(channel).CheckAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        foreach (var probe in new[] { "/health/live", "/health/ready", "/v2/health/ready", "/metrics" })
        {
            using var response = await client.GetAsync(probe, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        var answer = await client.ClassifyAsync("?detail=true");
        using var crops = TensorRequests.BinaryCrops(TensorRequests.Crops(2));
        using var inferred = await client.PostAsync("/v2/models/cifar-b/infer", crops, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, inferred.StatusCode);

        // The exporter keeps a scrape for a moment.
        string[] lines = [];
        while (!lines.Any(line => line.Contains("http_route=\"/v2/models/{name}/infer\"", StringComparison.Ordinal)))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            lines = (await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n');
        }

        Assert.Contains(lines, line => line.StartsWith("target_info{", StringComparison.Ordinal)
            && line.Contains("service_version=\"0.1.0\"", StringComparison.Ordinal));
        Assert.Equal(
            ["alexnet_model=\"cifar-a\",alexnet_version=\"1\"} 1", "alexnet_model=\"cifar-b\",alexnet_version=\"1\"} 1",
                "alexnet_model=\"seven\",alexnet_version=\"1\"} 1"],
            Samples("alexnet_models_ready").Order(StringComparer.Ordinal));
        Assert.Equal(
            Requests.List(answer, "models").Select(model =>
                $"alexnet_class=\"{Requests.Text(Requests.List(model, "predictions")[0], "label")}\","
                + $"alexnet_model=\"{Requests.Text(model, "name")}\"}} 1").Order(StringComparer.Ordinal),
            Samples("alexnet_predictions_total").Order(StringComparer.Ordinal));
        Assert.Equal(
            ["/v1/classify", "/v2/models/{name}/infer"],
            lines.Where(line => line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal))
                .Select(line => line.Split("http_route=\"")[1].Split('"')[0]).Order(StringComparer.Ordinal));

        IEnumerable<string> Samples(string name) => lines
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))
            .Select(line => line.Split("otel_scope_name=\"AlexNetService.Inference\",")[1]);
    }

    [Theory]
    [InlineData("1", "otel_metric_overflow=\"true\"} 1")]
    [InlineData("0", null)]
    public async Task Metrics_MoreClassesThanTheLimit_AreCountedTogether(string limit, string? overflow)
    {
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root, new() { ["Metrics__ClassSeries"] = limit });
        using var running = process;
        using var sender = client;
        await client.ClassifyAsync();

        var metrics = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        var samples = metrics.Split('\n').Where(line => line.StartsWith("alexnet_predictions_total{", StringComparison.Ordinal)).ToArray();
        Assert.Equal(overflow is null ? 0 : 2, samples.Length);
        Assert.True(overflow is null || samples.Any(line => line.Contains(overflow, StringComparison.Ordinal)), metrics);
    }

    [Fact]
    public async Task Traces_OfRequestsProbesAndScrapes_HaveTheVersionAndTheRequestsOnly()
    {
        var exported = new ConcurrentBag<(Activity Span, Resource Resource)>();
        using var keeping = new KeptSpans(exported);
        await using var host = new ServiceHost(
            service.Repository,
            new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1" },
            services => services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(keeping)));
        using var client = await host.ReadyClientAsync();
        var trace = ActivityTraceId.CreateRandom();
        foreach (var path in new[] { "/health/live", "/v2/health/ready", "/metrics", "/v1/models" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // A span ends after its answer.
        await host.DisposeAsync();

        var (span, resource) = Assert.Single(exported, each => each.Span.TraceId == trace);
        Assert.Equal("/v1/models", span.GetTagItem("url.path"));
        Assert.Contains(new KeyValuePair<string, object>("service.version", "0.1.0"), resource.Attributes);
    }

    [Fact]
    public async Task Classify_InsideATrace_AddsItsSpans()
    {
        var spans = await SpansAsync("/v1/classify", Requests.Raw(Pictures.Jpeg()));

        Assert.Equal(["decode", "queue", "run cifar-a", "run cifar-b"], spans.Select(Name).Order(StringComparer.Ordinal));
        Assert.All(
            spans, span => Assert.True(span.Duration >= TimeSpan.Zero && span.StartTimeUtc <= TimeProvider.System.GetUtcNow().UtcDateTime));
    }

    [Fact]
    public async Task Explain_InsideATrace_HasOneDecodeSpanAndAQueueSpanAndARunOfEachModelForEachStep()
    {
        var spans = (await SpansAsync("/v1/explain", Requests.Raw(Pictures.Jpeg()))).Select(Name).CountBy(name => name).ToDictionary();

        Assert.Equal(["decode", "queue", "run cifar-a", "run cifar-b"], spans.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, spans["decode"]);
        Assert.Equal((spans["queue"], spans["queue"]), (spans["run cifar-a"], spans["run cifar-b"]));
        Assert.True(spans["queue"] > 1);
    }

    [Fact]
    public async Task Infer_CropsInsideATrace_HaveNoDecodeSpan()
    {
        var spans = await SpansAsync("/v2/models/cifar-b/infer", TensorRequests.BinaryCrops(TensorRequests.Crops(2)));

        Assert.Equal(["queue", "run cifar-b"], spans.Select(Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refusal_InsideATrace_HasTheTraceId()
    {
        var trace = ActivityTraceId.CreateRandom().ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/nobody");
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains(trace, Requests.Text(await response.JsonAsync(), "traceId"), StringComparison.Ordinal);
    }

    /// <summary>Scrapes until a text is there, because the exporter caches a scrape for a short time.</summary>
    private async Task ScrapeWithAsync(string what)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var response = await service.Client.GetAsync("/metrics", timeout.Token);
            Assert.Equal((HttpStatusCode.OK, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            if ((await response.Content.ReadAsStringAsync(timeout.Token)).Contains(what, StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(50, timeout.Token);
        }
    }

    /// <summary>The engine's spans of a request that gets 200.</summary>
    private async Task<Activity[]> SpansAsync(string path, HttpContent content)
    {
        var trace = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == InferenceTraces.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return [.. spans.Where(span => span.TraceId == trace)];
    }

    private static string Name(Activity span) => $"{span.OperationName} {span.GetTagItem("alexnet.model")}".TrimEnd();

    /// <summary>Keeps the spans that would be exported.</summary>
    private sealed class KeptSpans(ConcurrentBag<(Activity Span, Resource Resource)> spans) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data.Recorded)
            {
                spans.Add((data, ParentProvider.GetResource()));
            }
        }
    }
}
