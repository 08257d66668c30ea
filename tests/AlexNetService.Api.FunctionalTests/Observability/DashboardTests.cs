using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;

namespace AlexNetService.Api.FunctionalTests.Observability;

public sealed partial class DashboardTests(SharedService service)
{
    [Fact]
    public async Task Dashboard_ItsQueriesAndAScrape_HaveTheSameMetricsAndLabels()
    {
        // A separate process, because OpenTelemetry collects the meters of all services in this one.
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root);
        using var running = process;
        using var sender = client;
        await client.ClassifyAsync();
        using var models = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        var scrape = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var metrics = Sample().Matches(scrape).Select(line => line.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var labels = Label().Matches(scrape).Select(label => label.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

        var queries = Queries();

        Assert.NotEmpty(queries);
        Assert.All(queries, query =>
        {
            // A metric precedes a selector. A sum is by labels, except instance, which Prometheus adds.
            var asked = Metric().Matches(query).Select(match => match.Groups["name"].Value).ToArray();
            Assert.NotEmpty(asked);
            Assert.All(asked, name => Assert.Contains(name, metrics));
            var by = Grouping().Matches(query).SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));
            Assert.All(by.Where(name => name != "instance"), name => Assert.Contains(name, labels));
        });

        var shown = string.Join(' ', queries);
        Assert.All(
            EngineMetric().Matches(scrape).Select(type => type.Groups["name"].Value),
            name => Assert.Contains(name, shown, StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Queries()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "alexnet-dashboard.json");
        var dashboard = JsonNode.Parse(File.ReadAllText(file)) ?? throw new InvalidOperationException($"{file} is empty.");
        return [.. Requests.List(dashboard, "panels").SelectMany(panel => Requests.List(panel, "targets")).Select(
            target => Requests.Text(target, "expr"))];
    }

    [GeneratedRegex(@"^(?<name>[a-z_][a-z0-9_]*)[ {]", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Sample();

    // One line a metric, also for a histogram with its buckets.
    [GeneratedRegex(@"^# TYPE (?<name>alexnet_\S+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex EngineMetric();

    [GeneratedRegex(@"[{,](?<name>[a-z_][a-z0-9_]*)=""", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex(@"(?<name>[a-z_][a-z0-9_]*)\{", RegexOptions.ExplicitCapture)]
    private static partial Regex Metric();

    [GeneratedRegex(@"by \((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Grouping();
}
