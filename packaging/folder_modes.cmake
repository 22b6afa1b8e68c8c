# packaging/folder_modes.cmake - run by cpack: folders that all can read, whatever the umask.
#
# CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS leaves out the prefix and the folders above it.
file(GLOB_RECURSE paths LIST_DIRECTORIES true ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
foreach(path IN LISTS paths)
  if(IS_DIRECTORY ${path})
    file(CHMOD ${path} DIRECTORY_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endforeach()
