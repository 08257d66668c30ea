using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// What all sessions of the process share: ONNX Runtime's environment, its thread pool, its arena, and the memory of runs. A pool and
/// an arena a session would be idle threads, and the activations of the largest run, once for each member of an ensemble. The
/// only static state in the house, because the environment is one a process and cannot be made twice.
/// </summary>
internal static class SharedRuntime
{
    private const int SameAsRequested = 1;
    private const int Default = -1;

    private static readonly Lock Gate = new();
    private static int poolThreads = -1;

    /// <summary>Memory for the pixels, maps and answers of runs.</summary>
    public static RunMemoryPool Memory { get; } = new();

    /// <summary>Makes environment, pool and arena, where no session did before.</summary>
    /// <param name="threads">Threads of the pool, the calling one included; decided by the first session of the process.</param>
    public static void Open(int threads)
    {
        lock (Gate)
        {
            if (poolThreads < 0)
            {
                NativeMemory.KeepLargeBlocksApart();
                poolThreads = Create(threads);
                RegisterArena();
            }
        }
    }

    /// <summary>Lets a session use what is shared.</summary>
    /// <param name="session">Options of the session.</param>
    /// <param name="threads">
    /// Threads that share its runs, the calling one included. A session with one thread needs no pool; another number than the pool's is
    /// a pool of the session's own.
    /// </param>
    public static void Join(SessionOptions session, int threads)
    {
        if (threads > 1 && threads == Volatile.Read(ref poolThreads))
        {
            session.DisablePerSessionThreads();
        }
        else
        {
            // Never left to ONNX Runtime: it would count the machine's cores, not the container's, and pin its threads to them.
            session.IntraOpNumThreads = threads;
            session.InterOpNumThreads = 1;
        }

        session.AddSessionConfigEntry("session.use_env_allocators", "1");
    }

    /// <returns>Threads of the shared pool, or 0 where the environment is the program's own and has none for us.</returns>
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
            // What goes wrong comes as an exception; a second copy on standard error would stand outside the log.
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            threadOptions = threading,
        };
        OrtEnv.CreateInstanceWithOptions(ref options);
        return threads;
    }

    private static void RegisterArena()
    {
        using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);

        // Grown by what is asked for: doubling would keep half of it unused.
        using var growth = new OrtArenaCfg(0, SameAsRequested, Default, Default);
        try
        {
            OrtEnv.Instance().CreateAndRegisterAllocator(memory, growth);
        }
        catch (OnnxRuntimeException) when (poolThreads == 0)
        {
            // The program made the environment, and registered its own arena: then that is the shared one.
        }
    }
}
