using System.Runtime.InteropServices;

namespace AlexNetService.Inference.Sessions;

/// <summary>The C library's heap, which holds the weights that ONNX Runtime reads from a graph.</summary>
internal static partial class NativeMemory
{
    // M_MMAP_THRESHOLD of malloc.h, and glibc's initial value.
    private const int MapThreshold = -3;
    private const int MapFrom = 128 * 1024;

    /// <summary>
    /// Keeps blocks of 128 KiB and more outside the heap, so that each returns to the system when it is freed. By default glibc raises that
    /// limit to the largest block freed so far, and repacked weights leave holes in the heap: 25 MB more stay resident with three full-size
    /// models.
    /// </summary>
    public static void KeepLargeBlocksApart() => OnGlibc(() => SetHeap(MapThreshold, MapFrom));

    /// <summary>
    /// Returns unused memory to the system. A freed model leaves holes between the blocks of requests under way, and glibc by itself
    /// returns only the end of a heap.
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
            // musl has neither function, and needs neither.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetHeap(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint keep);
}
