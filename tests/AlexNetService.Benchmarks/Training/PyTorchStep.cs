using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Training;

/// <summary>The same layer table in PyTorch (<c>reference.py</c>), in its own process, which computes on request.</summary>
internal sealed class PyTorchStep : Contender
{
    private readonly Process process;

    private PyTorchStep(Process process, string name, int batch)
        : base(name, batch) => this.process = process;

    /// <summary>Starts both ways to write two columns in PyTorch; returns none if there is no Python with torch.</summary>
    /// <param name="python">The Python, or 'none'.</param>
    /// <param name="architecture">The layer table.</param>
    /// <param name="batch">Images per step.</param>
    /// <param name="threads">Threads on the CPU.</param>
    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    public static IReadOnlyList<PyTorchStep> Find(
        string python, NetworkArchitecture architecture, int batch, int threads, string device = "cpu")
    {
        var found = new List<PyTorchStep>();
        foreach (var way in python == "none" ? [] : (string[])["groups", "columns"])
        {
            if (Start(python, way, device, Table(architecture, batch, threads)) is not ({ } process, var version, var blas))
            {
                Console.WriteLine($"'{python}' has no torch for {device}, so PyTorch is left out. Name a Python with it with --pytorch.");
                break;
            }

            if (blas == "reference-BLAS" && found.Count == 0)
            {
                Console.WriteLine($"'{python}' multiplies matrices with the reference BLAS, many times slower than others.");
                Console.WriteLine("The comparison is not fair. Install libopenblas0.");
            }

            found.Add(new PyTorchStep(process, $"PyTorch {version} {blas} {way}", batch));
        }

        return found;
    }

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    protected override (double Seconds, double Cpu) Run(int steps)
    {
        process.StandardInput.WriteLine(steps);
        var times = (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("PyTorch ended.")).Split(' ');
        return (double.Parse(times[0], CultureInfo.InvariantCulture), double.Parse(times[1], CultureInfo.InvariantCulture));
    }

    private static (Process Process, string Version, string Blas)? Start(string python, string way, string device, string table)
    {
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "Training", "reference.py"), way, device])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // As in our process: waiting threads do not take cores from the others.
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        try
        {
            var process = Process.Start(start) ?? throw new InvalidOperationException($"'{python}' did not start.");
            process.StandardInput.WriteLine(table);
            return process.StandardOutput.ReadLine()?.Split(' ') is [_, var version, var blas] ? (process, version, blas) : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return null;
        }
    }

    private static string Table(NetworkArchitecture architecture, int batch, int threads) => new JsonObject
    {
        ["Columns"] = architecture.Columns,
        ["Crop"] = architecture.Geometry.Crop,
        ["Batch"] = batch,
        ["Threads"] = threads,
        ["Layers"] = new JsonArray([.. architecture.Layers.Select(Row)]),
    }.ToJsonString();

    private static JsonNode Row(Layer layer)
    {
        var row = JsonSerializer.SerializeToNode(layer, layer.GetType()) ?? throw new InvalidOperationException(layer.Name);
        row["Kind"] = layer.GetType().Name;
        return row;
    }
}
