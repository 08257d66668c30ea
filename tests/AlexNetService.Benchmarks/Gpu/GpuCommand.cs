using System.CommandLine;
using System.Diagnostics;
using AlexNetService.Benchmarks.Engine;
using AlexNetService.Benchmarks.Training;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Network;

namespace AlexNetService.Benchmarks.Gpu;

/// <summary><c>gpu</c>: every figure about CUDA, in one table and at most five minutes.</summary>
internal static class GpuCommand
{
    public static Command Create()
    {
        var device = CommandOptions.Of("--device", "cuda:N; with cpu every row compares the CPU with itself.", "cuda:0");
        var seconds = CommandOptions.Of("--seconds", "Approximate seconds per measurement of speed.", 5.0);
        var fullSize = CommandOptions.Of(
            "--full-size",
            "Folder in which a full-size package is made once and reused; 0.4 GB.",
            Path.Combine(Path.GetTempPath(), "alexnet-full-size"));
        var brief = new Option<bool>("--brief") { Description = "Take a small network in place of the full-size one." };
        var repository = new Option<DirectoryInfo>("--repository")
        {
            Description = "Folder of packages; by default the bundled ones.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, "models")),
        };
        var python = CommandOptions.Of("--pytorch", "A Python with torch for CUDA, or 'none'.", "python3");
        var training = new Option<bool>("--training")
        {
            Description = "Only the rows about training. Without it they run in a process of their own, because libtorch and ONNX Runtime "
                + "may bring two versions of CUDA.",
        };
        const string What = "Parity of packages on the CPU and on a GPU (float32, TF32, float16); images per second and latency with ten "
            + "crops for 1, 8 and 64 clients, beside plain ONNX Runtime; a training step on one device and on two. Without a GPU it says "
            + "what it skipped.";
        var command = new Command("gpu", What) { device, seconds, fullSize, brief, repository, python, training };
        command.SetAction(async (parsed, stop) =>
        {
            var (name, isBrief) = (parsed.GetRequiredValue(device), parsed.GetValue(brief));
            if (parsed.GetValue(training))
            {
                return Train(name, isBrief, parsed.GetRequiredValue(python));
            }

            var code = await RunAsync(
                new PackageRepository(parsed.GetRequiredValue(repository).FullName),
                isBrief ? null : parsed.GetRequiredValue(fullSize),
                name,
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                stop);
            string[] again = ["gpu", "--training", "--device", name, "--pytorch", parsed.GetRequiredValue(python)];
            return Math.Max(code, await ElsewhereAsync(isBrief ? [.. again, "--brief"] : again, stop));
        });
        return command;
    }

    private static int Train(string device, bool isBrief, string python)
    {
        LibTorchFolder.Load(Environment.GetEnvironmentVariable(LibTorchFolder.Variable), AppContext.BaseDirectory);
        TorchRuntime.Prepare();
        var rows = device == "cpu"
            ? GpuTrainingRows.Measure(AlexNetLayers.ForCifar(), batch: 32, "cpu", "cpu,cpu", "none", seconds: isBrief ? 0.1 : 8)
            : GpuTrainingRows.Measure(python);
        foreach (var (what, result) in rows)
        {
            GpuTable.PrintRow(what, result);
        }

        return 0;
    }

    private static async Task<int> ElsewhereAsync(string[] arguments, CancellationToken stop)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        string[] whole = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [Path.Combine(AppContext.BaseDirectory, "AlexNetService.Benchmarks.dll"), .. arguments]
            : arguments;
        using var process = Process.Start(program, whole);
        await process.WaitForExitAsync(stop);
        return process.ExitCode;
    }

    /// <returns>0, also where rows were skipped; 1 where packages do not agree or do not run.</returns>
    private static async Task<int> RunAsync(
        PackageRepository bundled, string? fullSize, string device, TimeSpan duration, CancellationToken stop)
    {
        ModelPackage[] packages = [.. bundled.Names().Select(name => ModelPackage.Open(bundled.Folder(name, bundled.Versions(name)[0])))];
        var table = new GpuTable(device, Unusable(packages[0], device));
        var folder = Directory.CreateTempSubdirectory("alexnet-gpu-");
        try
        {
            // Made only where rows are measured.
            var made = fullSize is null
                ? new FullSizePackages(folder.CreateSubdirectory("small").FullName, AlexNetLayers.ForCifar())
                : new FullSizePackages(fullSize);
            var large = fullSize is null ? "small" : "full size";
            ModelPackage Open() => made.Open(FullSizePackages.Floats[0]);
            var parity = new ParityRows(device, new PackageRepository(folder.CreateSubdirectory("half").FullName));
            foreach (var package in packages)
            {
                parity.AddTo(table, package.Card.Name, package.Card.Quantization, () => package);
            }

            parity.AddTo(table, large, quantization: null, Open);
            await new SpeedRows(device, duration, stop).AddToAsync(table, large, Open, parity.HalfOf);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        table.PrintSkipped();
        return table.Failed ? 1 : 0;
    }

    private static string? Unusable(ModelPackage package, string device)
    {
        try
        {
            ModelSession.Open(package, new RuntimeOptions { Device = device }).Dispose();
            return null;
        }
        catch (DeviceUnavailableException e)
        {
            return e.Message;
        }
    }
}
