using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Benchmarks.Service;

/// <summary>The web service in its own process as an operator starts it: with logging, on a free loopback port.</summary>
internal sealed class RunningService : IDisposable
{
    private readonly Process process;
    private readonly Task log;

    private RunningService(Process process, Task log, Uri address, Uri? grpc)
    {
        (this.process, this.log) = (process, log);
        (Address, GrpcAddress) = (address, grpc);
    }

    public Uri Address { get; }

    /// <summary>The address for gRPC, if the setting Grpc:Url named one.</summary>
    public Uri? GrpcAddress { get; }

    /// <summary>Whether the service is still running, judged by its open log.</summary>
    public bool Running => !log.IsCompleted;

    /// <summary>Processor time used so far.</summary>
    public TimeSpan Processor => Fresh().TotalProcessorTime;

    /// <summary>Current resident memory, in bytes.</summary>
    public long Resident => Fresh().WorkingSet64;

    /// <summary>Peak resident memory so far, in bytes.</summary>
    public long PeakResident => Fresh().PeakWorkingSet64;

    /// <summary>The service's program in the same source tree and configuration.</summary>
    public static FileInfo Program()
    {
        // tests/AlexNetService.Benchmarks/bin/<configuration>/<framework>/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output.Parent?.Parent?.Parent?.Parent?.Parent?.FullName ?? output.Root.FullName;
        return new FileInfo(Path.Combine(
            root, "src", "AlexNetService.Api", "bin", output.Parent?.Name ?? "", output.Name, "AlexNetService.Api.dll"));
    }

    /// <summary>Starts the service and waits until every model is warm.</summary>
    /// <param name="settings">Settings by name, passed on the command line.</param>
    public static async Task<RunningService> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var program = Program();
        if (!program.Exists)
        {
            throw new FileNotFoundException($"'{program.FullName}' is missing. Build src/AlexNetService.Api in the same configuration.");
        }

        string[] options = ["--urls=http://127.0.0.1:0", .. settings.Select(setting => $"--{setting.Key}={setting.Value}")];
        var start = new ProcessStartInfo("dotnet", [program.FullName, .. options])
        {
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The service did not start.");
        try
        {
            // That of gRPC is logged first.
            var grpc = settings.ContainsKey("Grpc:Url") ? await ListeningAsync(process) : null;
            var address = await ListeningAsync(process);
            await LoggedAsync(process, "Ready with");

            // The log must be read, or the service blocks when the pipe is full.
            var log = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return new RunningService(process, log, address, grpc);
        }
        catch
        {
            Stop(process);
            throw;
        }
    }

    /// <summary>Makes the service load a package again, as an operator on its machine does.</summary>
    /// <param name="model">Name of the model.</param>
    public async Task<HttpStatusCode> LoadAsync(string model)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
        using var nothing = new ByteArrayContent([]);
        using var answer = await http.PostAsync($"/v2/repository/models/{model}/load", nothing);
        return answer.StatusCode;
    }

    /// <summary>Sends SIGTERM, as an orchestrator does, and waits.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        Sigterm.Send(process);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Kills the service.</summary>
    public void Dispose() => Stop(process);

    private static async Task<Uri> ListeningAsync(Process process) =>
        new((await LoggedAsync(process, "Now listening on"))["address"]?.GetValue<string>() ?? "");

    private static async Task<JsonNode> LoggedAsync(Process process, string message)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (JsonNode.Parse(line) is { } entry)
            {
                var text = entry["@m"]?.GetValue<string>() ?? "";
                if (text.StartsWith(message, StringComparison.Ordinal))
                {
                    return entry;
                }

                if (entry["@l"]?.GetValue<string>() is "Fatal" or "Error")
                {
                    await Console.Error.WriteLineAsync(text);
                }
            }
        }

        throw new InvalidOperationException($"The service ended before it logged '{message}'.");
    }

    private static void Stop(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private Process Fresh()
    {
        process.Refresh();
        return process;
    }
}
