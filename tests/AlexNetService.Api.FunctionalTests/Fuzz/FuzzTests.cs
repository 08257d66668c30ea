using System.Collections.Concurrent;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using CsCheck;

namespace AlexNetService.Api.FunctionalTests.Fuzz;

/// <summary>
/// Sends ten thousand mutated requests to the program in a separate process. CsCheck prints the seed and the smallest request that fails;
/// add a separate test for such a request.
/// </summary>
public sealed class FuzzTests(SharedService service, ITestOutputHelper output)
{
    private const int WarmUp = 2000;
    private const int Requests = 8000;
    private const int AtATime = 4;
    private const long Growth = 48_000_000;

    // About thirty requests succeed on the rarest routes.
    private const int Least = 5;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<(string Path, HttpStatusCode Status), int> answers = [];

    [Fact]
    public async Task Service_TenThousandMutatedRequests_AnswersAllAndKeepsItsMemory()
    {
        var (process, client) = await StartAsync();
        using var running = process;
        using var sender = client;
        var errors = process.ErrorsAsync();

        await MutatedRequest.Any.SampleAsync(
            request => AnswerAsync(client, request), iter: WarmUp, threads: AtATime, print: request => request.ToString());
        var warm = process.Resident;
        await MutatedRequest.Any.SampleAsync(
            request => AnswerAsync(client, request), iter: Requests, threads: AtATime, print: request => request.ToString());
        var after = process.Resident;

        output.WriteLine($"{warm / 1e6:0} MB after {WarmUp} requests, {after / 1e6:0} MB after {WarmUp + Requests}");
        output.WriteLine(Summary("all", _ => true));
        foreach (var path in MutatedRequest.Usual)
        {
            output.WriteLine(Summary(path, other => other == path));
        }

        using var health = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.InRange(after, 0, warm + Growth);

        // Enough requests reached every route, and the decoder.
        Assert.All(MutatedRequest.Usual, path => Assert.True(answers.GetValueOrDefault((path, HttpStatusCode.OK)) >= Least, path));
        Assert.True(answers.Where(pair => pair.Key.Status == HttpStatusCode.UnprocessableEntity).Sum(pair => pair.Value) > 100);
        process.Stop();
        Assert.Empty(await errors);
    }

    private string Summary(string name, Func<string, bool> belongs) => $"{name}: " + string.Join(", ", answers
        .Where(pair => belongs(pair.Key.Path))
        .GroupBy(pair => pair.Key.Status, pair => pair.Value)
        .OrderBy(status => status.Key)
        .Select(status => $"{status.Sum()} × {(int)status.Key}"));

    private async Task AnswerAsync(HttpClient client, MutatedRequest request)
    {
        using var message = request.Message(client.BaseAddress ?? throw new InvalidOperationException("The client has no address."));
        try
        {
            using var answer = await client.SendAsync(message);
            var status = answer.StatusCode;
            answers.AddOrUpdate((request.Path, status), 1, (_, count) => count + 1);
            if (status >= HttpStatusCode.InternalServerError && status != HttpStatusCode.ServiceUnavailable
                && status != HttpStatusCode.NotImplemented)
            {
                throw new InvalidOperationException($"{status}: {await answer.Content.ReadAsStringAsync()}");
            }
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.Unknown or HttpRequestError.ResponseEnded)
        {
            // Refused while the body was still being sent. A crashed service would not answer the next request.
            using var alive = await client.GetAsync("/health/live");
            alive.EnsureSuccessStatusCode();
        }
    }

    private async Task<(ServiceProcess Process, HttpClient Client)> StartAsync()
    {
        var process = ServiceProcess.Start(new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ModelRepository__Path"] = service.Repository.Root,
            ["ModelRepository__Default"] = TestRepository.Default,
        });
        var address = (await process.LoggedAsync("Now listening on"))["address"]?.GetValue<string>() ?? "";
        await process.LoggedAsync("Ready with");
        return (process, new HttpClient { BaseAddress = new Uri(address), Timeout = Timeout });
    }
}
