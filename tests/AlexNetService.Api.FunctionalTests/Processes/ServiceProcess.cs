using System.Diagnostics;
using System.Text.Json.Nodes;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Api.FunctionalTests.Processes;

/// <summary>The program in a separate process, as an operator starts it.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process process;

    private ServiceProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public StreamReader StandardError => process.StandardError;

    /// <param name="environment">Settings, including an address unless the start should fail earlier.</param>
    /// <param name="arguments">Command-line arguments.</param>
    public static ServiceProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "AlexNetService.Api.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return new ServiceProcess(Process.Start(start) ?? throw new InvalidOperationException("The service does not start."));
    }

    /// <summary>Starts the program, by default on a free port, and waits until every model is warm.</summary>
    /// <param name="repository">Folder of its packages.</param>
    /// <param name="more">Additional or replaced settings.</param>
    public static async Task<(ServiceProcess Process, HttpClient Client)> ReadyAsync(
        string repository, Dictionary<string, string>? more = null)
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ModelRepository__Path"] = repository,
            ["ModelRepository__Default"] = Hosting.TestRepository.Default,
        };
        foreach (var (key, value) in more ?? [])
        {
            settings[key] = value;
        }

        var process = Start(settings);
        if (settings.ContainsKey("Grpc__Url"))
        {
            process.GrpcAddress = await process.ListeningAsync();
        }

        var address = await process.ListeningAsync();
        await process.LoggedAsync("Ready with");
        return (process, new HttpClient { BaseAddress = new Uri(address) });
    }

    /// <summary>The address of gRPC, if it was configured.</summary>
    public string GrpcAddress { get; private set; } = "";

    /// <summary>Current resident bytes.</summary>
    public long Resident
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public bool HasExited => process.HasExited;

    /// <summary>Reads the rest of the log, so that a full pipe does not block the service.</summary>
    /// <returns>The errors, once the service has exited.</returns>
    public async Task<IReadOnlyList<string>> ErrorsAsync()
    {
        var errors = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (JsonNode.Parse(line)?["@l"]?.GetValue<string>() is "Error" or "Fatal")
            {
                errors.Add(line);
            }
        }

        return errors;
    }

    /// <summary>Reads the log up to the next address; that of gRPC comes first.</summary>
    public async Task<string> ListeningAsync() => (await LoggedAsync("Now listening on"))["address"]?.GetValue<string>() ?? "";

    public void Stop() => process.Kill();

    /// <summary>Sends SIGTERM, as an orchestrator does; skips the test on systems without it.</summary>
    public void Terminate()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGTERM is sent with kill.");
        Sigterm.Send(process);
    }

    /// <summary>Reads the log up to an event whose message begins with a text.</summary>
    public async Task<JsonNode> LoggedAsync(string message)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (JsonNode.Parse(line) is { } entry && entry["@m"]?.GetValue<string>().StartsWith(message, StringComparison.Ordinal) == true)
            {
                return entry;
            }
        }

        throw new InvalidOperationException($"The log ends without '{message}'.");
    }

    /// <summary>Reads the log to its end, and waits until the program has ended.</summary>
    /// <returns>The exit code, and the events of the log that have an exception.</returns>
    public async Task<(int ExitCode, IReadOnlyList<string> Exceptions)> EndAsync()
    {
        var log = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, [.. log.Split('\n').Where(line => line.Contains("\"@x\":", StringComparison.Ordinal))]);
    }

    public async Task<int> ExitCodeAsync()
    {
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }
}
