using System.Runtime.InteropServices;

namespace AlexNetService.Inference.Catalog;

/// <summary>The C library's heap, on which ONNX Runtime puts what it reads from a graph.</summary>
internal static partial class NativeMemory
{
    /// <summary>
    /// Gives memory that nothing holds back to the system. A freed model leaves holes between the blocks of requests under way, and
    /// glibc returns the end of a heap only: a hundred reloads of the bundled packages under load, whose managed heap is 12 MB, left 540
    /// to 600 MB resident without this and 380 MB with it.
    /// </summary>
    public static void GiveBack()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = TrimHeap(0);
            }
            catch (EntryPointNotFoundException)
            {
                // musl has no malloc_trim.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint keep);
}
