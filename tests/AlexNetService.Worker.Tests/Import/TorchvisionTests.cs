using System.ComponentModel;
using System.Diagnostics;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Export;
using AlexNetService.Worker.Import;
using AlexNetService.Worker.Tests.Goldens;

namespace AlexNetService.Worker.Tests.Import;

/// <summary>Imported weights of torchvision's alexnet at its full size, held against torchvision's own logits.</summary>
public sealed class TorchvisionTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Import_OfTorchvisionsAlexnet_AnswersAsTorchvisionDoes()
    {
        var golden = TorchvisionAnswer.Golden();
        var file = Path.Combine(folder.Path, "alexnet.safetensors");
        new SafeTensors(golden.Tensors(), new Dictionary<string, string>()).Write(file);

        var source = ImportSource.Read(file, preset: null, labels: null, meanColour: null);

        Assert.Equal(AlexNetLayers.AsTorchvision().Preset, source.Architecture.Preset);
        Assert.Equal(1000, source.Labels.Count);
        AssertAnswers(golden, source);
    }

    [Fact]
    public async Task Import_OfACheckpointThatPythonWrote_AnswersAsTorchvisionDoes()
    {
        // A fine-tuned head of ten classes, in half precision, inside a training script's dictionary and a DataParallel.
        var file = Path.Combine(folder.Path, "checkpoint.pth");
        var answer = await AnswerOfPythonAsync(file);
        Assert.SkipWhen(answer is null, "No python3 with torchvision on this machine.");

        var source = ImportSource.Read(file, preset: null, labels: null, meanColour: null);

        Assert.Equal(10, source.Architecture.Classes);
        AssertAnswers(answer, source);
    }

    public void Dispose() => folder.Dispose();

    private void AssertAnswers(TorchvisionAnswer expected, TrainedNetwork network)
    {
        var (packages, stop) = (new PackageRepository(folder.Path), TestContext.Current.CancellationToken);
        var package = PackageExport.Publish(new ExportSource(network), packages, "imported", version: 1, data: null, threads: 0, stop);
        using var session = ModelSession.Open(package, new RuntimeOptions());
        var logits = new float[expected.Logits.Length * session.Classes];
        session.Run(expected.Crops(), expected.Logits.Length, new CropOutputs { Logits = logits });

        // The two crops' logits differ by a quarter of the largest, so this would not hold of a network that hardly looks at its input.
        Assert.InRange(ParityCheck.RelativeDifference([.. expected.Logits.SelectMany(crop => crop)], logits), 0, Tolerance);
    }

    private static async Task<TorchvisionAnswer?> AnswerOfPythonAsync(string file)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Goldens", "torchvision_alexnet.py");
        foreach (var python in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(python, [script, "checkpoint", file])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                });
                Assert.NotNull(process);
                var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                if (process.ExitCode == 0)
                {
                    return TorchvisionAnswer.Parse(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(output)));
                }

                Assert.Contains("ModuleNotFoundError", await error, StringComparison.Ordinal);
            }
            catch (Win32Exception)
            {
                // No such program here; the next name.
            }
        }

        return null;
    }
}
