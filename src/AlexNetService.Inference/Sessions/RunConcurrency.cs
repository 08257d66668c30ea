using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>Chooses between one run with all threads and a run on each thread; see <see cref="RuntimeOptions.ConcurrentRuns"/>.</summary>
internal static class RunConcurrency
{
    private const int Rounds = 6;

    // A run on each thread takes longer to answer and more memory: it must be worth it.
    private const double LeastGain = 1.05;

    /// <summary>
    /// The number that the options name; where they say 0, the faster one for ten crops of a model. For that the model is opened and
    /// closed twice.
    /// </summary>
    /// <returns>Runs at a time, and the crops a second of both ways; 0 where nothing was measured.</returns>
    /// <exception cref="InvalidPackageException">The model cannot be opened.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public static (int Runs, double OneAtATime, double SideBySide) Choose(
        ModelPackage package, RuntimeOptions options, TimeProvider time)
    {
        if (options.ConcurrentRuns > 0 || options.AllThreads == 1 || options.DeviceOf(package.Card.Name) != "cpu")
        {
            return (Math.Max(1, options.ConcurrentRuns), 0, 0);
        }

        var one = CropsPerSecond(package, options.With(concurrentRuns: 1), time);
        var each = CropsPerSecond(package, options.With(options.AllThreads), time);
        return (each > LeastGain * one ? options.AllThreads : 1, one, each);
    }

    private static double CropsPerSecond(ModelPackage package, RuntimeOptions options, TimeProvider time)
    {
        using var session = ModelSession.Open(package, options);
        var input = package.Card.Preprocessing;
        var windows = CropViews.Of(CropViews.Counts[^1], new CropGeometry(input.Canvas, input.Crop));
        var canvas = new byte[session.CanvasBytes];
        GoldenCrop.Pixels(1, canvas);
        RunOnEach(1);
        var begun = time.GetTimestamp();
        RunOnEach(Rounds);
        return options.ConcurrentRuns * Rounds * windows.Length / time.GetElapsedTime(begun).TotalSeconds;

        void RunOnEach(int rounds) => Parallel.For(
            0,
            options.ConcurrentRuns,
            new ParallelOptions { MaxDegreeOfParallelism = options.ConcurrentRuns },
            _ =>
            {
                var probabilities = new float[windows.Length * session.Classes];
                for (var round = 0; round < rounds; round++)
                {
                    session.Run(canvas, windows, new CropOutputs { Probabilities = probabilities });
                }
            });
    }
}
