using AlexNetService.Imaging;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// What all sessions of the process share: ONNX Runtime's environment, its thread pool and its arena. With a pool and an arena for each
/// session, every member of an ensemble would keep idle threads and the activations of its largest run. This is the only static state in
/// the code, because ONNX Runtime allows one environment a process.
/// </summary>
internal static class SharedRuntime
{
    // Larger than the strips of rows that libvips takes and gives back hundreds of times for one picture.
    private const int MapFrom = 16 << 20;

    private const int SameAsRequested = 1;
    private const int Default = -1;

    private static readonly Lock Gate = new();
    private static int poolThreads = -1;

    /// <summary>
    /// Creates environment, pool and arena before the first session, which decides the threads of the pool, including the calling one.
    /// </summary>
    public static void Open(int threads)
    {
        lock (Gate)
        {
            if (poolThreads < 0)
            {
                // Keeps larger blocks outside glibc's heap, so that each is returned to the system when it is freed. By default glibc
                // raises that limit to the largest block freed so far. Smaller limits make libvips map and clear each strip of a large
                // picture anew: a PNG of 50 megapixels took 4.5 s with 128 kB and 0.4 s with 16 MB.
                GlibcHeap.Set(GlibcHeap.MapThreshold, MapFrom);
                GlibcHeap.Set(GlibcHeap.TrimThreshold, MapFrom);
                poolThreads = Create(threads);
                RegisterArena();
            }
        }
    }

    /// <summary>
    /// Lets a session share pool and arena. The threads that share its runs include the calling one: a session with one thread needs no
    /// pool. A session with another number than the shared pool's gets its own.
    /// </summary>
    public static void Join(SessionOptions session, int threads)
    {
        if (threads > 1 && threads == Volatile.Read(ref poolThreads))
        {
            session.DisablePerSessionThreads();
        }
        else
        {
            // By default ONNX Runtime would count the machine's cores, not the container's, and pin its threads to them.
            session.IntraOpNumThreads = threads;
            session.InterOpNumThreads = 1;
        }

        session.AddSessionConfigEntry("session.use_env_allocators", "1");
    }

    /// <returns>Threads of the shared pool, or 0 where the program has created the environment itself, without one.</returns>
    private static int Create(int threads)
    {
        if (OrtEnv.IsCreated)
        {
            return 0;
        }

        using var threading = new OrtThreadingOptions
        {
            GlobalIntraOpNumThreads = threads,
            GlobalInterOpNumThreads = 1,
            // A thread that spins takes its core from the decoders.
            GlobalSpinControl = false,
        };
        var options = new EnvironmentCreationOptions
        {
            logId = "alexnet",
            // Errors are thrown as exceptions; a copy on standard error would be outside the log.
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            threadOptions = threading,
        };
        OrtEnv.CreateInstanceWithOptions(ref options);
        return threads;
    }

    private static void RegisterArena()
    {
        using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);

        // Grown by the requested size: doubling would leave half of it unused.
        using var growth = new OrtArenaCfg(0, SameAsRequested, Default, Default);
        try
        {
            OrtEnv.Instance().CreateAndRegisterAllocator(memory, growth);
        }
        catch (OnnxRuntimeException) when (poolThreads == 0)
        {
            // The program has created the environment and registered an arena: that one is shared.
        }
    }
}
