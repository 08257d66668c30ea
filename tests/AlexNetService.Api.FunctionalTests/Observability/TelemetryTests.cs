using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Inference.Diagnostics;

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
}
