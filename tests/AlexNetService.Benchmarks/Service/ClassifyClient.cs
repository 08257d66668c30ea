using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Sends photographs to a running service and counts the answers.</summary>
internal sealed class ClassifyClient : IDisposable
{
    private readonly HttpClient http;
    private readonly byte[][] pictures;
    private int sent;
    private int refused;
    private int refusedSilently;
    private int other;

    public ClassifyClient(Uri address, byte[][] pictures)
    {
        this.pictures = pictures;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>Latencies of the answers with status 200.</summary>
    public Latencies Served { get; private set; } = new();

    /// <summary>Answers with status 503 and Retry-After.</summary>
    public int Refused => refused;

    /// <summary>Answers with status 503 but without Retry-After.</summary>
    public int RefusedSilently => refusedSilently;

    /// <summary>Answers with any other status, and broken connections.</summary>
    public int Other => other;

    /// <summary>Resets all counts.</summary>
    public void Forget() => (Served, refused, refusedSilently, other) = (new Latencies(), 0, 0, 0);

    /// <summary>Sends one photograph; its latency counts from its due time.</summary>
    /// <returns>Whether it was classified.</returns>
    public async Task<bool> SendAsync(long due)
    {
        var picture = pictures[(uint)Interlocked.Increment(ref sent) % pictures.Length];
        using var content = new ByteArrayContent(picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
        try
        {
            using var response = await http.PostAsync("/v1/classify", content);
            await response.Content.ReadAsByteArrayAsync();
            if (response.StatusCode == HttpStatusCode.OK)
            {
                Served.Add(Stopwatch.GetElapsedTime(due));
                return true;
            }

            _ = response.StatusCode != HttpStatusCode.ServiceUnavailable ? Interlocked.Increment(ref other)
                : response.Headers.RetryAfter?.Delta is null ? Interlocked.Increment(ref refusedSilently)
                : Interlocked.Increment(ref refused);
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref other);
        }

        return false;
    }

    /// <summary>Runs clients that each send the next photograph after the answer to the previous one.</summary>
    /// <param name="clients">Number of clients.</param>
    /// <param name="duration">Time during which clients start requests.</param>
    /// <param name="pause">Pause of a client after a request that was not classified.</param>
    public async Task ClosedLoopAsync(int clients, TimeSpan duration, TimeSpan pause = default)
    {
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(begun) < duration)
            {
                if (!await SendAsync(Stopwatch.GetTimestamp()) && pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause);
                }
            }
        }));
    }

    /// <summary>Sends photographs at a steady rate, without waiting for earlier answers.</summary>
    public async Task SteadyAsync(double perSecond, TimeSpan duration)
    {
        var requests = new List<Task>();
        await foreach (var due in SteadyPace.TurnsAsync(perSecond, duration))
        {
            requests.Add(SendAsync(due));
        }

        await Task.WhenAll(requests);
    }

    public void Dispose() => http.Dispose();
}
