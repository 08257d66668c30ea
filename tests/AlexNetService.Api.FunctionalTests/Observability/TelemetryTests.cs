using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Api.FunctionalTests.Observability;

public sealed class TelemetryTests(SharedService service)
{
    [Fact]
    public async Task Metrics_OfAServiceThatAnswered_CountItsRequests()
    {
        await service.Client.ClassifyAsync();

        using var response = await service.Client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        var scrape = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("http_route=\"/v1/classify\"", scrape, StringComparison.Ordinal);
        Assert.Contains("alexnet_run_duration_seconds_count", scrape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_InsideATrace_WritesItsSpansIntoIt()
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
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/classify") { Content = Requests.Raw(Pictures.Jpeg()) };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var mine = spans.Where(span => span.TraceId == trace).ToArray();
        Assert.Equal(["decode", "queue", "run cifar-a", "run cifar-b"], mine.Select(Name).Order(StringComparer.Ordinal));
        Assert.All(mine, span => Assert.True(span.Duration >= TimeSpan.Zero && span.StartTimeUtc <= TimeProvider.System.GetUtcNow().UtcDateTime));
    }

    [Fact]
    public async Task Refusal_InsideATrace_NamesTheTrace()
    {
        var trace = ActivityTraceId.CreateRandom().ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/nobody");
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains(trace, Requests.Text(await response.JsonAsync(), "traceId"), StringComparison.Ordinal);
    }

    private static string Name(Activity span) => $"{span.OperationName} {span.GetTagItem("alexnet.model")}".TrimEnd();
}
