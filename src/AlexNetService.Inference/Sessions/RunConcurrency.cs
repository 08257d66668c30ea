using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>Whether one run with all threads or a run on each of them gets more crops through; see <see cref="RuntimeOptions.ConcurrentRuns"/>.</summary>
/// <param name="Runs">Runs at a time that were chosen.</param>
/// <param name="OneAtATime">Crops a second of one run with all threads; 0 where nothing was measured.</param>
/// <param name="SideBySide">Crops a second of a run on each thread, together; 0 where nothing was measured.</param>
public sealed record RunConcurrency(int Runs, double OneAtATime, double SideBySide)
{
    private const int Rounds = 6;

    // A run on each thread takes longer to answer and more memory: it must be worth it.
    private const double LeastGain = 1.05;

    /// <summary>
    /// What the options say; where they say 0, ten crops of the model are run both ways. The model is opened for that, twice, and closed.
    /// </summary>
    /// <param name="package">The model.</param>
    /// <param name="options">Device, threads, and how many runs at a time.</param>
    /// <param name="time">Times the runs.</param>
    /// <exception cref="InvalidPackageException">The model cannot be opened.</exception>
    /// <exception cref="DeviceUnavailableException">The device is not there, or not in this build.</exception>
    public static RunConcurrency Of(ModelPackage package, RuntimeOptions options, TimeProvider time)
    {
        if (options.ConcurrentRuns > 0 || options.AllThreads == 1 || options.DeviceOf(package.Card.Name) != "cpu")
        {
            return new RunConcurrency(Math.Max(1, options.ConcurrentRuns), OneAtATime: 0, SideBySide: 0);
        }

        var one = CropsPerSecond(package, options.With(concurrentRuns: 1), time);
        var each = CropsPerSecond(package, options.With(options.AllThreads), time);
        return new RunConcurrency(each > LeastGain * one ? options.AllThreads : 1, one, each);
    }

    /// <summary>The options with the number of runs that was chosen.</summary>
    /// <param name="options">The options.</param>
    public RuntimeOptions ApplyTo(RuntimeOptions options) => options.With(Runs);

    private static double CropsPerSecond(ModelPackage package, RuntimeOptions options, TimeProvider time)
    {
        using var session = ModelSession.Open(package, options);
        var input = package.Card.Preprocessing;
        var windows = CropViews.Of(CropViews.Counts[^1], new CropGeometry(input.Canvas, input.Crop));
        var canvas = new byte[session.CanvasBytes];
        GoldenCrop.Pixels(1, canvas);
        RunOnEach(options.ConcurrentRuns, 1);
        var begun = time.GetTimestamp();
        RunOnEach(options.ConcurrentRuns, Rounds);
        return options.ConcurrentRuns * Rounds * windows.Length / time.GetElapsedTime(begun).TotalSeconds;

        void RunOnEach(int threads, int rounds) =>
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunTimes(rounds));

        void RunTimes(int rounds)
        {
            var run = session.Rent();
            for (var round = 0; round < rounds; round++)
            {
                run.Begin();
                for (var first = 0; first < windows.Length; first += run.Count)
                {
                    run.Begin();
                    run.Add(canvas, windows.AsSpan(first, Math.Min(run.Room, windows.Length - first)));
                    run.Execute(OutputKinds.Probabilities);
                }
            }

            ModelSession.Return(run);
        }
    }
}
