using System.Runtime.InteropServices;

namespace AlexNetService.Inference.Sessions;

/// <summary>The C library's heap, on which ONNX Runtime puts what it reads from a graph.</summary>
internal static partial class NativeMemory
{
    // M_MMAP_THRESHOLD of malloc.h, and what glibc begins with.
    private const int MapThreshold = -3;
    private const int MapFrom = 128 * 1024;

    /// <summary>
    /// Keeps blocks of 128 KiB and more outside the heap, each returned to the system when it is freed. Left to itself glibc raises that
    /// limit to the largest block freed so far, and weights that a session has packed leave holes behind: 25 MB more stay resident with
    /// three full-size models.
    /// </summary>
    public static void KeepLargeBlocksApart() => OnGlibc(() => SetHeap(MapThreshold, MapFrom));

    /// <summary>
    /// Gives memory that nothing holds back to the system: a freed model leaves holes between the blocks of requests under way, and glibc
    /// returns the end of a heap only.
    /// </summary>
    public static void GiveBack() => OnGlibc(() => TrimHeap(0));

    private static void OnGlibc(Func<int> call)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = call();
        }
        catch (EntryPointNotFoundException)
        {
            // musl has neither, and no such habits.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetHeap(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint keep);
}
