using AlexNetService.Imaging;

namespace AlexNetService.Inference.Sessions;

/// <summary>The C library's heap, which holds the data that ONNX Runtime reads from a graph.</summary>
internal static class NativeMemory
{
    // The value that glibc starts with.
    private const int MapFrom = 128 * 1024;

    /// <summary>
    /// Keeps blocks of 128 KiB and more outside the heap, so that each is returned to the system when it is freed. By default glibc raises
    /// that limit to the largest block freed so far, and the weights that a session has packed leave holes behind: 25 MB more stay
    /// resident with three full-size models.
    /// </summary>
    public static void KeepLargeBlocksApart() => GlibcHeap.Set(GlibcHeap.MapThreshold, MapFrom);

    /// <summary>Returns free memory to the system: a freed model leaves holes between the blocks of requests in progress.</summary>
    public static void GiveBack() => GlibcHeap.Trim();
}
