compile_error!("this driver is not here: see README.md beside this file");
