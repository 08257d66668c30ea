using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Sends photographs through the balancer and records each answer with its replica.</summary>
internal sealed class BalancedClient(Uri balancer, byte[][] pictures) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = balancer };
    private readonly ConcurrentQueue<BalancedAnswer> answers = new();

    /// <summary>The answers so far, in order of arrival.</summary>
    public IReadOnlyCollection<BalancedAnswer> Answers => answers;

    /// <summary>Sends photographs at a steady rate until cancelled, without waiting for earlier answers.</summary>
    public async Task SteadyAsync(double perSecond, CancellationToken ending)
    {
        var (sent, requests) = (0, new List<Task>());
        await foreach (var _ in SteadyPace.TurnsAsync(perSecond, TimeSpan.FromDays(1)))
        {
            if (ending.IsCancellationRequested)
            {
                break;
            }

            requests.Add(SendAsync(pictures[sent++ % pictures.Length]));
        }

        await Task.WhenAll(requests);
    }

    public void Dispose() => http.Dispose();

    private async Task SendAsync(byte[] picture)
    {
        var sent = Stopwatch.GetTimestamp();
        using var content = new ByteArrayContent(picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
        try
        {
            using var answer = await http.PostAsync("/v1/classify", content);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync());
            var asked = answer.Headers.TryGetValues(Nginx.Asked, out var values) ? string.Concat(values) : "";
            var versions = (json?["models"]?.AsArray() ?? [])
                .ToDictionary(model => $"{model?["name"]}", model => (int?)model?["version"] ?? 0);
            answers.Enqueue(new BalancedAnswer(sent, Stopwatch.GetTimestamp(), answer.StatusCode, asked.Split(", "), versions));
        }
        catch (HttpRequestException)
        {
            answers.Enqueue(new BalancedAnswer(sent, Stopwatch.GetTimestamp(), null, [], new Dictionary<string, int>()));
        }
    }
}

/// <summary>An answer, or a broken connection.</summary>
/// <param name="Sent">Timestamp of the request.</param>
/// <param name="Came">Timestamp of the answer.</param>
/// <param name="Status">The status, or null if the connection broke.</param>
/// <param name="Asked">The replicas that nginx asked, in order; the last one answered.</param>
/// <param name="Versions">Version of each model, by name.</param>
internal sealed record BalancedAnswer(
    long Sent, long Came, HttpStatusCode? Status, IReadOnlyList<string> Asked, IReadOnlyDictionary<string, int> Versions)
{
    public bool Failed => Status != HttpStatusCode.OK;

    /// <summary>Address of the replica that answered, or an empty string.</summary>
    public string By => Asked.Count > 0 ? Asked[^1] : "";
}
