using System.Net;
using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>The service exports the autoscaler's metrics. The service's own tests cover the dashboard's queries.</summary>
public sealed partial class MetricTests(RunningService service)
{
    [Fact]
    public async Task Adapter_SeriesOfItsRules_AreScraped()
    {
        var client = await service.ReadyClientAsync();
        using var photograph = new ByteArrayContent(Photograph);
        using var answer = await client.PostAsync("/v1/classify", photograph, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var scrape = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.All(Rules(), rule =>
        {
            var series = Series().Match(rule.Text("seriesQuery")).Groups["name"].Value;
            Assert.Contains($"\n{series}{{", scrape, StringComparison.Ordinal);
            Assert.Contains("<<.Series>>", rule.Text("metricsQuery"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Autoscaler_MetricsOfItsPods_ComeFromTheAdaptersRules()
    {
        var asked = Yaml.File("deploy/k8s/base/autoscaling.yaml").Items("spec", "metrics")
            .Select(metric => metric.Find("pods", "metric", "name")?.Text())
            .OfType<string>();

        Assert.Equal(asked, Rules().Select(rule => rule.Text("name", "as")));
    }

    /// <summary>One grey pixel as PNG.</summary>
    private static byte[] Photograph => Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==");

    private static IEnumerable<System.Text.Json.Nodes.JsonNode> Rules() => Yaml.File("deploy/k8s/base/adapter.yaml").Items();

    [GeneratedRegex(@"^(?<name>[a-z_0-9]+)\{", RegexOptions.ExplicitCapture)]
    private static partial Regex Series();
}
