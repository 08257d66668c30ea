using System.Globalization;
using System.Text.RegularExpressions;
using AlexNetService.Api.Classify;
using AlexNetService.OpenInference;

namespace AlexNetService.Deploy.Tests;

/// <summary>The balancer's files agree with the service and with compose. The service's own tests run nginx with them.</summary>
public sealed partial class NginxTests
{
    private static readonly string Configuration = SourceTree.Text("deploy/nginx/nginx.conf");

    [Fact]
    public void LargestBody_OfTheBalancer_IsTheLargestOfTheService()
    {
        var largest = Math.Max(new ClassifyOptions().MaxBatchBytes, new OpenInferenceOptions().MaxBodyBytes);

        Assert.Equal($"{largest}", LargestBody().Match(Configuration).Groups["bytes"].Value);
        var sentence = string.Create(CultureInfo.InvariantCulture, $"A body may have {largest:N0} bytes");
        Assert.Contains(sentence, Configuration, StringComparison.Ordinal);
    }

    [Fact]
    public void Upstreams_OfTheBalancer_AreTheReplicasOfCompose()
    {
        var servers = Server().Matches(SourceTree.Text("deploy/nginx/upstreams.conf")).Select(server => server.Groups["address"].Value);

        Assert.Equal([.. ComposeTests.Addresses(), .. ComposeTests.Addresses(port: 1)], servers);
    }

    [Fact]
    public void Ports_OfTheBalancer_AreThoseThatComposeOpens()
    {
        var ports = ComposeFile.Services(ComposeFile.Main)["balancer"].Items("ports").Select(port => port.Text().Split(':')[^1]);

        Assert.Equal(ports, Listen().Matches(Configuration).Select(line => line.Groups["port"].Value));
    }

    [GeneratedRegex(@"^ *listen (?<port>\d+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Listen();

    [GeneratedRegex(@"client_max_body_size (?<bytes>\d+);", RegexOptions.ExplicitCapture)]
    private static partial Regex LargestBody();

    [GeneratedRegex(@"^ *server (?<address>\S+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Server();
}
