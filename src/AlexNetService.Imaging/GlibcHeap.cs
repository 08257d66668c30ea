using System.Runtime.InteropServices;

namespace AlexNetService.Imaging;

/// <summary>
/// The heap of glibc, which all native libraries of a process share: libvips, libtorch, ONNX Runtime. With any other C library the calls do
/// nothing.
/// </summary>
public static partial class GlibcHeap
{
    /// <summary>M_TRIM_THRESHOLD of malloc.h: free bytes at the heap's end above which they are returned to the system.</summary>
    public const int TrimThreshold = -1;

    /// <summary>M_MMAP_THRESHOLD: bytes from which a block is mapped outside the heap.</summary>
    public const int MapThreshold = -3;

    /// <summary>M_MMAP_MAX: largest number of mapped blocks.</summary>
    public const int MostMappings = -4;

    /// <summary>Sets a parameter of the heap (mallopt).</summary>
    public static void Set(int parameter, int value) => OnGlibc(() => SetHeap(parameter, value));

    /// <summary>Returns all free memory to the system (malloc_trim), also between used blocks, where glibc alone would keep it.</summary>
    public static void Trim() => OnGlibc(() => TrimHeap(0));

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
            // musl has neither function, and does not need them.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetHeap(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint keep);
}
