namespace AlexNetService.Api.Health;

/// <summary>
/// The program as its own health check, for images without a shell: <c>--health-check http://localhost:8080/health/ready</c> asks a running
/// service and ends with 0 where it is well.
/// </summary>
internal static class HealthCheck
{
    private const string Option = "--health-check";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks, where the command line says so.</summary>
    /// <returns>The exit code: 0 well, 1 not well, 2 no address; null where a service is to be started.</returns>
    public static async Task<int?> RunAsync(string[] args)
    {
        if (args is not [Option, ..])
        {
            return null;
        }

        if (args is not [_, var text] || !Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"{Option} takes one address, such as http://localhost:8080/health/ready.");
            return 2;
        }

        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(address);
            if (answer.IsSuccessStatusCode)
            {
                return 0;
            }

            await Console.Error.WriteLineAsync($"{address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
        }

        return 1;
    }
}
