using System.Runtime.InteropServices;
using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>
/// Process-wide settings of libtorch and of the C library under it. Both are read when the first tensor is made, so this is called
/// before anything else touches torch.
/// </summary>
public static partial class TorchRuntime
{
    private const int TrimThreshold = -1;
    private const int MostMappings = -4;

    /// <summary>Sets the threads of one operation and keeps freed tensor memory in the process.</summary>
    /// <param name="threads">Threads of one operation; 0 for one a core.</param>
    public static void Prepare(int threads = 0)
    {
        if (OperatingSystem.IsLinux())
        {
            // Waiting threads that spin take the other threads' core (measured: a tenth of the speed on a busy machine).
            _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);

            // glibc would map and unmap each large tensor anew, faulting every page in again (measured: 13 to 45 % of a step). musl has no
            // mallopt and no such habit.
            try
            {
                _ = SetAllocator(MostMappings, 0);
                _ = SetAllocator(TrimThreshold, int.MaxValue);
            }
            catch (EntryPointNotFoundException)
            {
            }
        }

        torch.set_num_threads(threads > 0 ? threads : Environment.ProcessorCount);
    }

    /// <summary>Gives memory that nothing holds back to the system; freed tensors leave holes that allocation alone never returns.</summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = TrimHeap(0);
            }
            catch (EntryPointNotFoundException)
            {
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint keep);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);
}
