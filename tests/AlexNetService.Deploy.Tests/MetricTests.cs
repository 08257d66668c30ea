using System.Net;
using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>
/// The service exports the metrics of the autoscaler and of the alerts. The service's own tests cover the dashboard's queries.
/// </summary>
public sealed partial class MetricTests(RunningService service)
{
    [Fact]
    public async Task Adapter_SeriesOfItsRules_AreScraped()
    {
        var scrape = await ScrapeAsync();

        Assert.All(Rules(), rule =>
        {
            var series = Series().Match(rule.Text("seriesQuery")).Groups["name"].Value;
            Assert.Contains($"\n{series}{{", scrape, StringComparison.Ordinal);
            Assert.Contains("<<.Series>>", rule.Text("metricsQuery"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Alert_MetricsOfItsExpression_AreScraped()
    {
        var scrape = await ScrapeAsync();

        // Prometheus makes this one itself, for each job.
        var jobs = Yaml.File("deploy/prometheus/prometheus.yml").Items("scrape_configs")
            .Select(job => $"up{{job=\"{job.Text("job_name")}\"}}");
        Assert.All(Alerts(), alert =>
        {
            var expression = jobs.Aggregate(alert.Text("expr"), (text, up) => text.Replace(up, "", StringComparison.Ordinal));
            var asked = Metric().Matches(expression).Select(metric => metric.Groups["name"].Value).ToArray();
            Assert.True(asked.Length > 0 || expression != alert.Text("expr"), expression);
            Assert.All(asked, name => Assert.Contains($"\n{name}{{", scrape, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Alert_EachOne_HasASeverityASummaryAndARowInTheReadme()
    {
        var readme = SourceTree.Text("deploy/README.md");

        Assert.NotEmpty(Alerts());
        Assert.All(Alerts(), alert =>
        {
            Assert.Contains(alert.Text("labels", "severity"), new[] { "critical", "warning" });
            Assert.EndsWith(".", alert.Text("annotations", "summary"), StringComparison.Ordinal);
            Assert.Contains($"\n| `{alert.Text("alert")}` | ", readme, StringComparison.Ordinal);
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

    /// <summary>The metrics after a classification.</summary>
    private async Task<string> ScrapeAsync()
    {
        var client = await service.ReadyClientAsync();
        using var photograph = new ByteArrayContent(Photograph);
        using var answer = await client.PostAsync("/v1/classify", photograph, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        // A request's duration is counted when it has ended, which is after its answer.
        string scrape;
        do
        {
            scrape = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        }
        while (!scrape.Contains("\nhttp_server_request_duration_seconds_count{", StringComparison.Ordinal));
        return scrape;
    }

    private static IEnumerable<System.Text.Json.Nodes.JsonNode> Alerts() =>
        Yaml.File("deploy/prometheus/alerts.yml").Items("groups").SelectMany(group => group.Items("rules"));

    private static IEnumerable<System.Text.Json.Nodes.JsonNode> Rules() => Yaml.File("deploy/k8s/base/adapter.yaml").Items();

    [GeneratedRegex(@"^(?<name>[a-z_0-9]+)\{", RegexOptions.ExplicitCapture)]
    private static partial Regex Series();

    [GeneratedRegex(@"(?<name>[a-z_][a-z0-9_]*)\{", RegexOptions.ExplicitCapture)]
    private static partial Regex Metric();
}
