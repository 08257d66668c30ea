namespace AlexNetService.Api.Health;

/// <summary>
/// Lets the program check the health of a running service, for images without a shell:
/// <c>--health-check http://localhost:8080/health/ready</c> exits with 0 if the service is healthy.
/// </summary>
internal static class HealthCheck
{
    private const string Option = "--health-check";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Runs the check, if the command line asks for it.</summary>
    /// <returns>The exit code (0 healthy, 1 not healthy, 2 invalid address), or null to start the service.</returns>
    public static async Task<int?> RunAsync(string[] args)
    {
        if (args is not [Option, ..])
        {
            return null;
        }

        if (args is not [_, var text]
            || !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"{Option} takes one address, such as http://localhost:8080/health/ready.");
            return 2;
        }

        using var client = new HttpClient { Timeout = Timeout };
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
