using System.CommandLine;
using AlexNetService.Benchmarks.Engine;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

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
        const string What = "Parity of packages on the CPU and on a GPU (float32, TF32, float16); images per second and latency with ten "
            + "crops for 1, 8 and 64 clients, beside plain ONNX Runtime. Without a GPU it says what it skipped.";
        var command = new Command("gpu", What) { device, seconds, fullSize, brief, repository };
        command.SetAction((parsed, stop) => RunAsync(
            new PackageRepository(parsed.GetRequiredValue(repository).FullName),
            parsed.GetValue(brief) ? null : parsed.GetRequiredValue(fullSize),
            parsed.GetRequiredValue(device),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            stop));
        return command;
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
