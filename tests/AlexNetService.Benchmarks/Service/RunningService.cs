using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Benchmarks.Service;

/// <summary>The web service in a process of its own, as an operator starts it: logging, on a free port of the loopback.</summary>
internal sealed class RunningService : IDisposable
{
    private readonly Process process;
    private readonly Task log;

    private RunningService(Process process, Task log, Uri address)
    {
        (this.process, this.log) = (process, log);
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Whether somebody still reads the log; false once the service has ended.</summary>
    public bool Running => !log.IsCompleted;

    /// <summary>Processor time so far.</summary>
    public TimeSpan Processor => Fresh().TotalProcessorTime;

    /// <summary>Resident bytes now.</summary>
    public long Resident => Fresh().WorkingSet64;

    /// <summary>The most resident bytes so far.</summary>
    public long PeakResident => Fresh().PeakWorkingSet64;

    /// <summary>The program beside this one in the source tree, built with it.</summary>
    public static FileInfo Program()
    {
        // tests/AlexNetService.Benchmarks/bin/<configuration>/<framework>/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output.Parent?.Parent?.Parent?.Parent?.Parent?.FullName ?? output.Root.FullName;
        return new FileInfo(Path.Combine(
            root, "src", "AlexNetService.Api", "bin", output.Parent?.Name ?? "", output.Name, "AlexNetService.Api.dll"));
    }

    /// <summary>Starts it and waits until every model is warm.</summary>
    /// <param name="settings">Settings as on the command line, name → value.</param>
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
        var process = Process.Start(start) ?? throw new InvalidOperationException("The service does not start.");
        try
        {
            var address = await LoggedAsync(process, "Now listening on");
            await LoggedAsync(process, "Ready with");

            // Somebody must read the log, or the service stands still when the pipe is full.
            var log = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return new RunningService(process, log, new Uri(address["address"]?.GetValue<string>() ?? ""));
        }
        catch
        {
            Stop(process);
            throw;
        }
    }

    /// <summary>Has it read a package again, as an operator on its machine does.</summary>
    /// <param name="model">Name of the model.</param>
    public async Task<HttpStatusCode> LoadAsync(string model)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
        using var nothing = new ByteArrayContent([]);
        using var answer = await http.PostAsync($"/v2/repository/models/{model}/load", nothing);
        return answer.StatusCode;
    }

    /// <summary>Asks it to end, as an orchestrator does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        Sigterm.Send(process);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Kills it.</summary>
    public void Dispose() => Stop(process);

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

        throw new InvalidOperationException($"The service ended before it said '{message}'.");
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
