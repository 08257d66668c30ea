using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;

namespace AlexNetService.Benchmarks.Gpu;

/// <summary>
/// Compares a package on the CPU, in float32, with the same on a device: ten crops of random photographs through the shared trunk, and
/// crops that come alone.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="halves">Where packages in half precision are made.</param>
internal sealed class ParityRows(string device, PackageRepository halves)
{
    private const int Photographs = 4;

    // Largest differences allowed, relative to the largest logit: export's, and that of fewer bits.
    private const double Float32 = 1e-3;
    private const double FewerBits = 3e-2;

    /// <param name="table">The rows' table.</param>
    /// <param name="name">Name of the package in the table.</param>
    /// <param name="quantization">Its bits: only a package in float32 can be made in float16.</param>
    /// <param name="open">Opens it.</param>
    public void AddTo(GpuTable table, string name, Quantization? quantization, Func<ModelPackage> open)
    {
        var (bits, limit) = quantization is { Precision: var fewer } ? ($"{fewer}", FewerBits) : ("float32", Float32);
        table.Add($"{name}, {bits}: CPU against {device}", () => Compare(open(), open(), tf32: false, limit));
        table.Add($"{name}, {bits} and TF32: CPU against {device}", () => Compare(open(), open(), tf32: true, FewerBits));
        if (quantization is null)
        {
            table.Add($"{name}, float16: CPU against {device}", () => Compare(open(), HalfOf(open()), tf32: false, FewerBits));
        }
    }

    /// <summary>The package in half precision, made at the first call.</summary>
    public ModelPackage HalfOf(ModelPackage package)
    {
        var name = package.Card.Name + "-fp16";
        if (halves.Versions(name).Count > 0)
        {
            return ModelPackage.Open(halves.Folder(name, 1));
        }

        var graphs = FloatNetwork.Open(package).ToHalf();
        var card = graphs.Describe(package.Card) with { Name = name, Version = 1, Golden = null, Metrics = [], Filters = null };
        return halves.Publish(card, graphs.Files);
    }

    private (bool Good, string Result) Compare(ModelPackage package, ModelPackage other, bool tf32, double limit)
    {
        var (input, rows) = (package.Card.Preprocessing, CropViews.Counts[^1] * package.Card.Labels.Count);
        var windows = CropViews.Of(CropViews.Counts[^1], new CropGeometry(input.Canvas, input.Crop));
        using var cpu = ModelSession.Open(package, new RuntimeOptions());
        using var there = ModelSession.Open(other, new RuntimeOptions { Device = device, Cuda = new CudaOptions { Tf32 = tf32 } });
        var (expected, found) = (new float[rows], new float[rows]);
        var (canvases, alone, equal) = (0.0, 0.0, 0);
        for (var seed = 0; seed < Photographs; seed++)
        {
            var canvas = new byte[NetworkArchitecture.Channels * input.Canvas * input.Canvas];
            new Random(seed).NextBytes(canvas);
            cpu.Run(canvas, windows, new CropOutputs { Logits = expected });
            there.Run(canvas, windows, new CropOutputs { Logits = found });
            canvases = Math.Max(canvases, Difference(expected, found));
            equal += First(expected, package) == First(found, package) ? 1 : 0;

            var crops = new byte[windows.Length * cpu.CropBytes];
            new Random(-1 - seed).NextBytes(crops);
            cpu.Run(crops, windows.Length, new CropOutputs { Logits = expected });
            there.Run(crops, windows.Length, new CropOutputs { Logits = found });
            alone = Math.Max(alone, Difference(expected, found));
        }

        // Math.Max keeps NaN, which is not below any limit.
        var logits = FormattableString.Invariant($"{canvases:0.0E+0} of the largest logit, crops alone {alone:0.0E+0}, limit {limit:0E+0}");
        return (Math.Max(canvases, alone) <= limit, $"{logits}; top-1 equal {equal} of {Photographs}");
    }

    private static double Difference(float[] expected, float[] found)
    {
        var largest = expected.Max(Math.Abs);
        return expected.Zip(found).Select(pair => (double)Math.Abs(pair.First - pair.Second)).Aggregate(0.0, Math.Max) / largest;
    }

    /// <summary>The class with the largest sum of logits.</summary>
    private static int First(float[] logits, ModelPackage package)
    {
        var classes = package.Card.Labels.Count;
        return Enumerable.Range(0, classes).MaxBy(label => Enumerable.Range(0, logits.Length / classes)
            .Sum(crop => logits[(crop * classes) + label]));
    }
}
